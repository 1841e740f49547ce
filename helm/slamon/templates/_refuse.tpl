{{- /* Says at once what would otherwise be a crash loop, or a promise nobody hears of. */}}
{{- define "slamon.refuse" -}}
{{- include "slamon.refuseSecurity" . }}
{{- include "slamon.refuseTokens" . }}
{{- include "slamon.refuseAccess" . }}
{{- include "slamon.refuseStrimzi" . }}
{{- include "slamon.refuseNotifyUser" . }}
{{- if and .Values.policies.files .Values.policies.existingConfigMap }}
{{- fail "policies: expected files or existingConfigMap, got both" }}
{{- end }}
{{- if not (or .Values.policies.files .Values.policies.existingConfigMap) }}
{{- fail "policies: expected files or existingConfigMap, got neither: there would be no promise to watch" }}
{{- end }}
{{- if and .Values.notify.enabled (not (and .Values.notify.settings.receivers .Values.notify.settings.routes)) }}
{{- fail "notify.settings: expected receivers and routes with notify.enabled, got none: nobody would be told" }}
{{- end }}
{{- if .Values.networkPolicy.enabled }}{{ range splitList "," .Values.settings.bootstrap }}
{{- $port := splitList ":" (trim .) | last }}
{{- if not (has $port (splitList "," (join "," $.Values.networkPolicy.kafka.ports))) }}
{{- fail (printf "networkPolicy.kafka.ports: expected the port of %s among them, got %s" (trim .) (join ", " $.Values.networkPolicy.kafka.ports)) }}
{{- end }}
{{- end }}
{{- with .Values.security.tokenServer.url }}
{{- $at := urlParse . }}
{{- $port := regexFind ":[0-9]+$" $at.host | trimPrefix ":" | default (ternary "443" "80" (eq $at.scheme "https")) }}
{{- if not (has $port (splitList "," (join "," $.Values.networkPolicy.tokenServer.ports))) }}
{{- fail (printf "networkPolicy.tokenServer.ports: expected the port of %s among them, got %s" . (join ", " $.Values.networkPolicy.tokenServer.ports)) }}
{{- end }}
{{- end }}{{ end }}
{{- end }}

{{- define "slamon.refuseSecurity" -}}
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
{{- end }}

{{- define "slamon.refuseTokens" -}}
{{- $bearer := eq .Values.security.mechanism "OAUTHBEARER" }}
{{- $server := .Values.security.tokenServer }}
{{- if and $server.url (not $bearer) }}
{{- fail (printf "security.tokenServer.url: expected nothing with mechanism %s, which logs in without a token" (.Values.security.mechanism | default "none")) }}
{{- end }}
{{- if and (or $server.scope $server.authority.secret) (not $server.url) }}
{{- fail "security.tokenServer.url: expected an address where a scope or an authority is given, got nothing" }}
{{- end }}
{{- range $path, $credentials := dict "security" .Values.security.credentials "notify.kafka" .Values.notify.kafka.credentials }}
{{- if and $credentials.clientId (not $server.url) }}
{{- fail (printf "security.tokenServer.url: expected an address with %s.credentials.clientId, got nothing" $path) }}
{{- end }}
{{- if and $server.url $credentials.secret (not $credentials.clientId) }}
{{- fail (printf "%s.credentials.clientId: expected a client with security.tokenServer.url, got nothing" $path) }}
{{- end }}
{{- if and $bearer $credentials.secret $.Values.strimzi.user (not $credentials.username) }}
{{- fail (printf "%s.credentials.username: expected the name that the brokers find in the token, with OAUTHBEARER and strimzi.user, got nothing" $path) }}
{{- end }}
{{- if and $bearer $credentials.username (not $.Values.strimzi.user) }}
{{- fail (printf "%s.credentials.username: expected nothing with OAUTHBEARER, where the token says who logs in, got %s" $path $credentials.username) }}
{{- end }}
{{- end }}
{{- end }}

{{- define "slamon.refuseAccess" -}}
{{- $access := .Values.access }}
{{- if and (not $access.certificate.secret) (or $access.clients.secret $access.peers.secret) }}
{{- fail "access.certificate.secret: expected a Secret where clients or peers are given, got nothing: there are no certificates without TLS" }}
{{- end }}
{{- if and $access.tokens.metricsKey (not $access.tokens.secret) }}
{{- fail "access.tokens.secret: expected a Secret with metricsKey, got nothing" }}
{{- end }}
{{- if and $access.metricsAuth (not (or $access.tokens.secret $access.clients.secret)) }}
{{- fail "access.metricsAuth: expected access.tokens.secret or access.clients.secret beside it, got neither: nobody could scrape" }}
{{- end }}
{{- if and $access.metricsAuth .Values.monitoring.podMonitor.enabled (not $access.tokens.metricsKey) }}
{{- fail "access.tokens.metricsKey: expected the key of Prometheus' own token with metricsAuth and a PodMonitor, got nothing" }}
{{- end }}
{{- end }}

{{- define "slamon.refuseStrimzi" -}}
{{- if and (or .Values.strimzi.topics .Values.strimzi.user) (not .Values.strimzi.cluster) }}
{{- fail "strimzi.cluster: expected the name of the Kafka resource with strimzi.topics or strimzi.user, got nothing" }}
{{- end }}
{{- if and .Values.strimzi.user (eq (include "slamon.strimziAuthentication" .) "") }}
{{- fail (printf "security: expected SCRAM-SHA-512, OAUTHBEARER or a certificate with strimzi.user, got protocol %s" .Values.security.protocol) }}
{{- end }}
{{- if and .Values.strimzi.user .Values.topics.create (not .Values.strimzi.topics) }}
{{- fail "strimzi.topics: expected true with strimzi.user, or topics.create: false; got a job that would come before its user" }}
{{- end }}
{{- end }}

{{- define "slamon.refuseNotifyUser" -}}
{{- $kafka := .Values.notify.kafka }}
{{- if and $kafka.credentials.secret (not (hasPrefix "SASL" .Values.security.protocol)) }}
{{- fail (printf "notify.kafka.credentials: expected none with security.protocol %s, which logs nobody in" .Values.security.protocol) }}
{{- end }}
{{- if and $kafka.certificate.secret (not (hasSuffix "SSL" .Values.security.protocol)) }}
{{- fail (printf "notify.kafka.certificate: expected none with security.protocol %s, which has no TLS" .Values.security.protocol) }}
{{- end }}
{{- range $name := list "username" "clientId" }}
{{- $user := get $.Values.security.credentials $name }}
{{- if and $user (eq $user (get $kafka.credentials $name)) }}
{{- fail (printf "notify.kafka.credentials.%s: expected another user than the workers', got %s too" $name $user) }}
{{- end }}
{{- end }}
{{- end }}
