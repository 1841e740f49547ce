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

{{- /* The notifier and the job of the topics are other programs than a worker: no selector may find two of them. */}}
{{- define "slamon.notifyName" -}}
{{- printf "%s-notify" (include "slamon.name" . | trunc 56 | trimSuffix "-") }}
{{- end }}

{{- define "slamon.topicsName" -}}
{{- printf "%s-topics" (include "slamon.name" . | trunc 56 | trimSuffix "-") }}
{{- end }}

{{- define "slamon.notifySelectors" -}}
app.kubernetes.io/name: {{ include "slamon.notifyName" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "slamon.notifyLabels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{ include "slamon.notifySelectors" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end }}

{{- define "slamon.scheme" -}}
{{- ternary "https" "http" (ne .Values.access.certificate.secret "") }}
{{- end }}

{{- /* Rules and dashboards find slamon by a job with its name in it. */}}
{{- define "slamon.job" -}}
{{- $name := include "slamon.fullname" . }}
{{- ternary $name (printf "slamon-%s" $name) (contains "slamon" $name) }}
{{- end }}

{{- define "slamon.prefix" -}}
{{- .Values.settings.prefix | default "slamon." }}
{{- end }}

{{- define "slamon.group" -}}
{{- include "slamon.prefix" . | trimSuffix "." }}
{{- end }}
