# shellcheck shell=bash disable=SC2034
# Sourced by the scripts beside it: a virtual environment for the validators, apart from the project's own.
# They are wheels and Debian packages; what is there is not installed again.

CI_DIR=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
ROOT=$(dirname "$CI_DIR")
TOOLS=$CI_DIR/cache/venv
PYTHON=${PYTHON:-python3}

say() { printf '\n== %s\n' "$*"; }
skipped() { echo "skipped: $*"; exit 0; }

# wheel NAME==VERSION: installs it once
wheel() {
  [ -x "$TOOLS/bin/python" ] || "$PYTHON" -m venv "$TOOLS"
  [ -e "$TOOLS/installed-$1" ] && return
  "$TOOLS/bin/python" -m pip install --quiet --disable-pip-version-check "$1"
  touch "$TOOLS/installed-$1"
}

# debian COMMAND PACKAGE...: installs the packages unless the command is there
debian() {
  local command=$1; shift
  command -v "$command" >/dev/null && return
  command -v apt-get >/dev/null || { echo "$command is missing and this is no Debian: install $*" >&2; return 1; }
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null
}
