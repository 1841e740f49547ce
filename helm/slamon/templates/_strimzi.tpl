{{- define "slamon.strimziMeta" -}}
namespace: {{ .Values.strimzi.namespace | default .Release.Namespace }}
labels:
  {{- include "slamon.labels" . | nindent 2 }}
  strimzi.io/cluster: {{ .Values.strimzi.cluster }}
{{- end }}

{{- /* How the user of security logs in, as Strimzi names it ("none": by a token that is no affair of Strimzi's); empty where it would be nobody. */}}
{{- define "slamon.strimziAuthentication" -}}
{{- if eq .Values.security.mechanism "SCRAM-SHA-512" }}scram-sha-512
{{- else if eq .Values.security.mechanism "OAUTHBEARER" }}none
{{- else if and (eq .Values.security.protocol "SSL") .Values.security.certificate.secret }}tls
{{- end }}
{{- end }}

{{- define "slamon.strimziLogin" -}}
{{- $type := include "slamon.strimziAuthentication" . }}
{{- if ne $type "none" }}
  authentication:
    type: {{ $type }}
{{- end }}
{{- end }}

{{- /* A right as Strimzi writes it. It takes the root and one of files/grants.yaml. */}}
{{- define "slamon.acl" -}}
{{- $root := first . }}
{{- with last . -}}
- resource: {type: {{ .type }}, name: {{ printf "%s%s" (include (printf "slamon.%s" .begins) $root) .name | quote }}, patternType: {{ .patternType }}}
  operations: [{{ join ", " .operations }}]
{{- end }}
{{- end }}
