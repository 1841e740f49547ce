# docker build -t slamon .        podman and buildah build it too: .ci/image
FROM python:3.11-slim-bookworm AS build
# What compiles the rules and the engine; python3-dev too where the base's Python is Debian's own, without headers.
ARG COMPILER="gcc libc6-dev"
SHELL ["/bin/bash", "-euo", "pipefail", "-c"]
# hadolint ignore=DL3008
RUN apt-get update && read -ra packages <<<"$COMPILER" \
    && apt-get install -y --no-install-recommends "${packages[@]}" && rm -rf /var/lib/apt/lists/*
WORKDIR /src
# Versions and hashes as locked (make lock); wheels alone, since whatever builds a source is in no lock.
COPY requirements.lock build.lock ./
RUN python -m venv /opt/build \
    && /opt/build/bin/python -m pip install --no-cache-dir --require-hashes --only-binary :all: -r build.lock
# Without pip in it: the final image installs nothing.
RUN python -m venv --without-pip /opt/slamon \
    && python -m pip --python /opt/slamon/bin/python install --no-cache-dir --no-compile --require-hashes --only-binary :all: -r requirements.lock
COPY pyproject.toml hatch_build.py README.md LICENSE ./
COPY slamon slamon
# The compiled form (docs/performance.md), without debug symbols.
RUN HATCH_BUILD_HOOK_ENABLE_CUSTOM=1 LDFLAGS=-Wl,--strip-debug /opt/build/bin/python -m hatchling build -t wheel -d /src/dist \
    && python -m pip --python /opt/slamon/bin/python install --no-cache-dir --no-compile --no-deps --no-index /src/dist/*.whl \
    && /opt/slamon/bin/python -m compileall -q /opt/slamon

FROM python:3.11-slim-bookworm
RUN groupadd --gid 10001 slamon \
    && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /var/lib/slamon --shell /usr/sbin/nologin slamon \
    && install -d -o 10001 -g 10001 -m 0700 /var/lib/slamon \
    && install -d /etc/slamon/policies
COPY --from=build /opt/slamon /opt/slamon
# MALLOC_ARENA_MAX: RocksDB's threads would otherwise keep an arena each, and memory grows without an owner.
ENV PATH=/opt/slamon/bin:/usr/local/bin:/usr/bin:/bin \
    MALLOC_ARENA_MAX=2 \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    SLAMON_POLICIES=/etc/slamon/policies \
    SLAMON_DATADIR=/var/lib/slamon \
    SLAMON_HTTP_PORT=8080
USER 10001:10001
WORKDIR /var/lib/slamon
VOLUME /var/lib/slamon
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request as web; web.urlopen('http://127.0.0.1:' + os.environ['SLAMON_HTTP_PORT'] + '/healthz', timeout=4)"]
ENTRYPOINT ["slamon"]
CMD ["run"]
