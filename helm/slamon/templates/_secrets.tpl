{{- /* Which secret is mounted where, and which setting reads which of its files. */}}
{{- define "slamon.secrets" -}}
{{- $security := .Values.security }}
{{- with $security.credentials }}{{ if .secret }}
- name: credentials
  secret: {{ .secret }}
  files:
    SLAMON_SECURITY__USERNAME_FILE: {{ .usernameKey }}
    SLAMON_SECURITY__PASSWORD_FILE: {{ .passwordKey }}
{{- end }}{{ end }}
{{- with $security.authority }}{{ if .secret }}
- name: authority
  secret: {{ .secret }}
  files:
    SLAMON_SECURITY__CA_FILE: {{ .key }}
{{- end }}{{ end }}
{{- with $security.certificate }}{{ if .secret }}
- name: certificate
  secret: {{ .secret }}
  files:
    SLAMON_SECURITY__CERT_FILE: {{ .certKey }}
    SLAMON_SECURITY__KEY_FILE: {{ .keyKey }}
{{- end }}{{ end }}
{{- with $security.ingest }}{{ if .secret }}
- name: ingest
  secret: {{ .secret }}
  files: {}
{{- end }}{{ end }}
{{- end }}

{{- define "slamon.secretEnv" -}}
{{- range $mount := include "slamon.secrets" . | fromYamlArray }}
{{- range $variable, $key := $mount.files }}
- name: {{ $variable }}
  value: /etc/slamon/{{ $mount.name }}/{{ $key }}
{{- end }}
{{- end }}
{{- end }}

{{- define "slamon.secretMounts" -}}
{{- range include "slamon.secrets" . | fromYamlArray }}
- name: {{ .name }}
  mountPath: /etc/slamon/{{ .name }}
  readOnly: true
{{- end }}
{{- end }}

{{- define "slamon.secretVolumes" -}}
{{- range include "slamon.secrets" . | fromYamlArray }}
- name: {{ .name }}
  secret:
    secretName: {{ .secret }}
    defaultMode: 0440
{{- end }}
{{- end }}

{{- /* Says at once what would otherwise be a crash loop. */}}
{{- define "slamon.refuse" -}}
{{- $sasl := hasPrefix "SASL" .Values.security.protocol }}
{{- $tls := hasSuffix "SSL" .Values.security.protocol }}
{{- if and $sasl (not .Values.security.credentials.secret) }}
{{- fail (printf "security.credentials.secret: expected the name of a Secret with protocol %s, got nothing" .Values.security.protocol) }}
{{- end }}
{{- if and $sasl (not .Values.security.mechanism) }}
{{- fail (printf "security.mechanism: expected a mechanism with protocol %s, got nothing (for example SCRAM-SHA-512)" .Values.security.protocol) }}
{{- end }}
{{- if and (not $sasl) (or .Values.security.credentials.secret .Values.security.mechanism) }}
{{- fail (printf "security.protocol: expected SASL_SSL or SASL_PLAINTEXT where credentials or a mechanism are given, got %s" .Values.security.protocol) }}
{{- end }}
{{- if and (not $tls) (or .Values.security.authority.secret .Values.security.certificate.secret) }}
{{- fail (printf "security.protocol: expected SSL or SASL_SSL where certificates are given, got %s" .Values.security.protocol) }}
{{- end }}
{{- if and .Values.policies.files .Values.policies.existingConfigMap }}
{{- fail "policies: expected files or existingConfigMap, got both" }}
{{- end }}
{{- if not (or .Values.policies.files .Values.policies.existingConfigMap) }}
{{- fail "policies: expected files or existingConfigMap, got neither: there would be no promise to watch" }}
{{- end }}
{{- end }}
