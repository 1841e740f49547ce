{{- /* The settings file of a worker: what the values say, and how the brokers are reached. */}}
{{- define "slamon.settings" -}}
{{- $access := dict }}
{{- if .Values.access.metricsAuth }}{{ $_ := set $access "metrics_auth" true }}{{ end }}
{{- $own := include "slamon.securitySettings" .Values.security | fromYaml }}
{{- if $access }}{{ $_ := set $own "access" $access }}{{ end }}
{{- toYaml (merge $own .Values.settings) }}
{{- end }}

{{- /* That of the notifier: inputs and limits are no concern of its own, and their files are not in its pod. */}}
{{- define "slamon.notifySettings" -}}
{{- $own := include "slamon.securitySettings" (include "slamon.notifySecurity" . | fromYaml) | fromYaml }}
{{- $_ := set $own "notify" .Values.notify.settings }}
{{- toYaml (merge $own (pick .Values.settings "bootstrap" "prefix" "partitions" "kafka" "log")) }}
{{- end }}

{{- define "slamon.securitySettings" -}}
{{- $security := dict "protocol" .protocol }}
{{- with .mechanism }}{{ $_ := set $security "mechanism" . }}{{ end }}
{{- if ne .mechanism "OAUTHBEARER" }}
{{- with .credentials.username }}{{ $_ := set $security "username" . }}{{ end }}
{{- end }}
{{- with .tokenServer.url }}{{ $_ := set $security "token_url" . }}{{ end }}
{{- with .tokenServer.scope }}{{ $_ := set $security "scope" . }}{{ end }}
{{- with .credentials.clientId }}{{ $_ := set $security "client_id" . }}{{ end }}
{{- toYaml (dict "security" $security) }}
{{- end }}

{{- /* `security` for the notifier: its own credentials and certificate where it has some, those of the workers where not. */}}
{{- define "slamon.notifySecurity" -}}
{{- $security := pick .Values.security "protocol" "mechanism" "authority" "credentials" "certificate" "tokenServer" }}
{{- range $name := list "credentials" "certificate" }}
{{- $own := get $.Values.notify.kafka $name }}
{{- if $own.secret }}{{ $_ := set $security $name $own }}{{ end }}
{{- end }}
{{- toYaml $security }}
{{- end }}

{{- /* Whether the notifier is a user of its own for the brokers: "yes" or nothing. With SASL the credentials say who somebody is. */}}
{{- define "slamon.notifyUser" -}}
{{- $kafka := .Values.notify.kafka }}
{{- if and .Values.notify.enabled (ternary $kafka.credentials.secret $kafka.certificate.secret (hasPrefix "SASL" .Values.security.protocol)) }}yes{{ end }}
{{- end }}
