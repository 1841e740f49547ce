{{- /* Which secret is mounted where, and which setting reads which of its files: those for Kafka, which every pod needs.
It takes `security`, or slamon.notifySecurity. */}}
{{- define "slamon.kafkaSecrets" -}}
{{- with .credentials }}{{ if .secret }}
- name: credentials
  secret: {{ .secret }}
  files:
    {{- if ne $.mechanism "OAUTHBEARER" }}
    {{- if not .username }}
    SLAMON_SECURITY__USERNAME_FILE: [{{ .usernameKey }}]
    {{- end }}
    SLAMON_SECURITY__PASSWORD_FILE: [{{ .passwordKey }}]
    {{- else if $.tokenServer.url }}
    SLAMON_SECURITY__CLIENT_SECRET_FILE: [{{ .clientSecretKey }}]
    {{- else }}
    SLAMON_SECURITY__TOKEN_FILE: [{{ .tokenKey }}]
    {{- end }}
{{- end }}{{ end }}
{{- with .tokenServer.authority }}{{ if .secret }}
- name: token-authority
  secret: {{ .secret }}
  files:
    SLAMON_SECURITY__TOKEN_CA_FILE: [{{ .key }}]
{{- end }}{{ end }}
{{- with .authority }}{{ if .secret }}
- name: authority
  secret: {{ .secret }}
  files:
    SLAMON_SECURITY__CA_FILE: [{{ .key }}]
{{- end }}{{ end }}
{{- with .certificate }}{{ if .secret }}
- name: certificate
  secret: {{ .secret }}
  files:
    SLAMON_SECURITY__CERT_FILE: [{{ .certKey }}]
    SLAMON_SECURITY__KEY_FILE: [{{ .keyKey }}]
{{- end }}{{ end }}
{{- end }}

{{- /* Those of a worker's port: who may read, who may post; and that of a registry. */}}
{{- define "slamon.portSecrets" -}}
{{- $access := .Values.access }}
{{- with $access.tokens }}{{ if .secret }}
- name: access
  secret: {{ .secret }}
  files:
    SLAMON_ACCESS__TOKEN_FILES: [{{ .key }}{{ with .metricsKey }}, {{ . }}{{ end }}]
{{- end }}{{ end }}
{{- with $access.certificate }}{{ if .secret }}
- name: port-certificate
  secret: {{ .secret }}
  files:
    SLAMON_ACCESS__CERT_FILE: [{{ .certKey }}]
    SLAMON_ACCESS__KEY_FILE: [{{ .keyKey }}]
{{- end }}{{ end }}
{{- with $access.clients }}{{ if .secret }}
- name: port-clients
  secret: {{ .secret }}
  files:
    SLAMON_ACCESS__CLIENT_CA_FILE: [{{ .key }}]
{{- end }}{{ end }}
{{- with $access.peers }}{{ if .secret }}
- name: port-peers
  secret: {{ .secret }}
  files:
    SLAMON_ACCESS__PEER_CA_FILE: [{{ .key }}]
{{- end }}{{ end }}
{{- range $name := list "ingest" "registry" }}
{{- with (get $.Values.security $name).secret }}
- name: {{ $name }}
  secret: {{ . }}
  files: {}
{{- end }}
{{- end }}
{{- end }}

{{- define "slamon.workerSecrets" -}}
{{ include "slamon.kafkaSecrets" .Values.security }}
{{ include "slamon.portSecrets" . }}
{{- end }}

{{- define "slamon.notifySecrets" -}}
{{ include "slamon.kafkaSecrets" (include "slamon.notifySecurity" . | fromYaml) }}
{{- with .Values.notify.secret }}
- name: notify
  secret: {{ . }}
  files: {}
{{- end }}
{{- end }}

{{- /* The three below take the text of a list from above. */}}
{{- define "slamon.secretEnv" -}}
{{- range $mount := fromYamlArray . }}
{{- range $variable, $keys := $mount.files }}
{{- $paths := list }}
{{- range $keys }}{{ $paths = append $paths (printf "/etc/slamon/%s/%s" $mount.name .) }}{{ end }}
- name: {{ $variable }}
  value: {{ join "," $paths }}
{{- end }}
{{- end }}
{{- end }}

{{- define "slamon.secretMounts" -}}
{{- range fromYamlArray . }}
- name: {{ .name }}
  mountPath: /etc/slamon/{{ .name }}
  readOnly: true
{{- end }}
{{- end }}

{{- define "slamon.secretVolumes" -}}
{{- range fromYamlArray . }}
- name: {{ .name }}
  secret:
    secretName: {{ .secret }}
    defaultMode: 0440
{{- end }}
{{- end }}
