{{- /* The settings file of a worker: what the values say, and how the brokers are reached. */}}
{{- define "slamon.settings" -}}
{{- $access := dict }}
{{- if .Values.access.metricsAuth }}{{ $_ := set $access "metrics_auth" true }}{{ end }}
{{- $own := include "slamon.securitySettings" . | fromYaml }}
{{- if $access }}{{ $_ := set $own "access" $access }}{{ end }}
{{- toYaml (merge $own .Values.settings) }}
{{- end }}

{{- /* That of the notifier: inputs and limits are no concern of its own, and their files are not in its pod. */}}
{{- define "slamon.notifySettings" -}}
{{- $own := include "slamon.securitySettings" . | fromYaml }}
{{- $_ := set $own "notify" .Values.notify.settings }}
{{- toYaml (merge $own (pick .Values.settings "bootstrap" "prefix" "partitions" "kafka" "log")) }}
{{- end }}

{{- define "slamon.securitySettings" -}}
{{- $security := dict "protocol" .Values.security.protocol }}
{{- with .Values.security.mechanism }}{{ $_ := set $security "mechanism" . }}{{ end }}
{{- with .Values.security.credentials.username }}{{ $_ := set $security "username" . }}{{ end }}
{{- toYaml (dict "security" $security) }}
{{- end }}
