{{- define "slamon.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" }}
{{- end }}

{{- /* Cut so that "-headless" and a pod's ordinal still fit into a label. */}}
{{- define "slamon.fullname" -}}
{{- $name := default .Chart.Name .Values.nameOverride }}
{{- $both := ternary .Release.Name (printf "%s-%s" .Release.Name $name) (contains $name .Release.Name) }}
{{- default $both .Values.fullnameOverride | trunc 48 | trimSuffix "-" }}
{{- end }}

{{- define "slamon.selectors" -}}
app.kubernetes.io/name: {{ include "slamon.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "slamon.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{ include "slamon.selectors" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end }}

{{- define "slamon.image" -}}
{{ .Values.image.repository }}:{{ default .Chart.AppVersion .Values.image.tag }}
{{- end }}

{{- define "slamon.serviceAccount" -}}
{{- default (ternary (include "slamon.fullname" .) "default" .Values.serviceAccount.create) .Values.serviceAccount.name }}
{{- end }}

{{- define "slamon.policies" -}}
{{- default (printf "%s-policies" (include "slamon.fullname" .)) .Values.policies.existingConfigMap }}
{{- end }}

{{- /* The settings file: what the values say, and how the brokers are reached. */}}
{{- define "slamon.settings" -}}
{{- $security := dict "protocol" .Values.security.protocol }}
{{- with .Values.security.mechanism }}{{ $_ := set $security "mechanism" . }}{{ end }}
{{- toYaml (merge (dict "security" $security) .Values.settings) }}
{{- end }}
