# noqa: INP001  beside the script that reads it
"""slamon itself: whether it sees everything, and in time."""

from model import NONE_IS_A_MUST, NONE_IS_GOOD, WORKER, Board, Choice, Panel, Query

SLAMON = f'job=~".*slamon.*", {WORKER}'


def lately(name: str, by: str = "", more: str = "") -> str:
    """How much a counter rose between two points."""
    return f"sum {by}(increase(slamon_{name}_total{{{WORKER}{more}}}[$__rate_interval]))"


HEALTH = (
    Panel(
        "Workers", "That were scraped last.", "short", [Query(f"count(slamon_build_info{{{WORKER}}}) or vector(0)")], "stat", 4,
        ((None, "red"), (1, "green")), 0,
    ),
    Panel(
        "Partitions without a worker", "Of their tickets no fact leaves; for a moment at each change of workers.", "short",
        [Query('max(slamon_expected_partitions) - sum(slamon_partitions{state="active"})')], "stat", 4, NONE_IS_A_MUST, 0,
        empty="no worker",
    ),
    Panel(
        "Detection lag, p99", "From the instant a live fact became true until it left.", "s",
        [Query(f"histogram_quantile(0.99, sum by (le) (rate(slamon_detection_lag_seconds_bucket{{{WORKER}}}[$__range])))")], "stat", 4,
        ((None, "green"), (1, "red")), 2, empty="no live fact",
    ),
    Panel(
        "Silent inputs", "Inputs that brought nothing for longer than their expect_every.", "short",
        [Query("count(max by (input) (slamon_input_silent) == 1) or vector(0)")], "stat", 4, NONE_IS_A_MUST, 0,
    ),
    Panel(
        "Dead letters", "In the chosen range.", "short", [Query(f"sum(increase(slamon_dead_letters_total{{{WORKER}}}[$__range]))")],
        "stat", 4, NONE_IS_GOOD, 0,
    ),
    Panel(
        "Policies", "Workers whose last reload was refused, or whose files differ from what holds.", "short",
        [Query(f"count(slamon_policy_reload_successful{{{WORKER}}} == 0 or slamon_policy_files_differ{{{WORKER}}} == 1) or vector(0)")],
        "stat", 4, NONE_IS_GOOD, 0,
    ),
)  # fmt: skip

TIME = (
    Panel(
        "Detection lag", "From the instant a live fact became true until it left.", "s",
        [
            Query(
                "histogram_quantile("
                f"{quantile}, sum by (le) (rate(slamon_detection_lag_seconds_bucket{{{WORKER}}}[$__rate_interval])))",
                f"p{quantile * 100:g}",
            )
            for quantile in (0.5, 0.99)
        ],
        width=8, empty="no live fact",
    ),
    Panel(
        "Partition time lag", "How far time in the slowest partition lies behind; facts wait for it.", "s",
        [
            Query(f"max(slamon_partition_time_lag_seconds{{{WORKER}}})", "slowest"),
            Query(f"avg(slamon_partition_time_lag_seconds{{{WORKER}}})", "mean"),
        ],
        width=8, empty="no partition",
    ),
    Panel(
        "Since the last look at timers", "Of each worker; it looks several times a second.", "s",
        [Query(f"time() - (slamon_last_tick_timestamp_seconds{{{WORKER}}} > 0)", "{{instance}}")], width=8, empty="no look yet",
    ),
)  # fmt: skip

INPUT = (
    Panel(
        "Records", "Records read, by topic.", "cps",
        [Query(f"sum by (topic) (rate(slamon_records_total{{{WORKER}}}[$__rate_interval]))", "{{topic}}")], width=8,
    ),
    Panel(
        "Records that wait", "In Kafka and not applied yet.", "short",
        [Query(f"sum by (topic) (slamon_event_lag_records{{{WORKER}}})", "{{topic}}")], width=8,
    ),
    Panel(
        "Age of the newest record", "Since each input last brought anything.", "s",
        [Query("time() - (max by (input) (slamon_last_record_timestamp_seconds) > 0)", "{{input}}")], width=8, empty="no inputs",
    ),
    Panel(
        "Posts", "Requests to /ingest by how they ended; refused ones are not in Kafka.", "short",
        [Query(lately("ingest_requests", "by (input, result) ") + " > 0", "{{input}} {{result}}")], "bars", 8, empty="nothing was posted",
    ),
    Panel(
        "Dead letters by reason", "Records that could not be understood.", "short",
        [Query(lately("dead_letters", "by (reason) ") + " > 0", "{{reason}}")], "bars", 8, empty="none",
    ),
    Panel(
        "Late and repeated records", "They change nothing that should not change; many of them say something of the source.", "short",
        [
            Query(lately("late_records"), "late"), Query(lately("duplicate_records"), "repeated"),
            Query(lately("corrections"), "facts corrected"),
        ],
        "bars", 8,
    ),
    Panel(
        "Blind spots", "Tickets no policy covers, values no policy knows, clocks first seen in mid-life.", "short",
        [
            Query(lately("uncovered_tickets"), "uncovered tickets"), Query(lately("unknown_values"), "unknown values"),
            Query(lately("partial_clocks"), "partial clocks"),
        ],
        "bars", 12,
    ),
    Panel(
        "Lost and forgotten", "Records that Kafka deleted unread; tickets and services dropped after retention.", "short",
        [Query(lately("gap_records"), "records lost"), Query(lately("forgotten_tickets"), "tickets forgotten")], "bars", 12,
    ),
)  # fmt: skip

WORKERS = (
    Panel(
        "Partitions", "By state; all of them should be active.", "short",
        [
            Query("sum by (state) (slamon_partitions) > 0", "{{state}}"),
            Query("max(slamon_expected_partitions)", "expected"),
        ],
        width=8, empty="no worker",
    ),
    Panel(
        "Recovery", "Changelog records still to replay.", "short",
        [Query(f"slamon_recovery_remaining_records{{{WORKER}}}", "{{instance}}")], width=8, empty="no worker",
    ),
    Panel(
        "Recovery under way", "For how long each worker has been replaying; 0 when it is not.", "s",
        [
            Query(
                f"(time() - slamon_recovery_start_timestamp_seconds{{{WORKER}}}) * (slamon_recovery_start_timestamp_seconds{{{WORKER}}} > bool 0)",
                "{{instance}}",
            )
        ],
        width=8, empty="no worker",
    ),
    Panel(
        "Lag of copies", "Changelog records that copies of other workers' partitions have still to read.", "short",
        [Query(f"sum by (partition) (slamon_standby_lag_records{{{WORKER}}})", "{{partition}}")], width=12,
        empty="nobody keeps copies",
    ),
    Panel(
        "Open transactions", "For how long a transaction of somebody else has kept records from being read.", "s",
        [Query(f"max by (topic) (slamon_open_transaction_seconds{{{WORKER}}})", "{{topic}}")], width=12, empty="no worker",
    ),
    Panel("State on disk", "Local state; it can be rebuilt from Kafka.", "bytes", [Query(f"slamon_state_bytes{{{WORKER}}}", "{{instance}}")], width=8, empty="no worker"),
    Panel("Keys of state", "As RocksDB estimates them.", "short", [Query(f"slamon_state_keys{{{WORKER}}}", "{{instance}}")], width=8, empty="no worker"),
    Panel(
        "Memory", "Resident memory; it should not grow with open clocks.", "bytes",
        [Query(f"process_resident_memory_bytes{{{SLAMON}}}", "{{instance}}")], width=8, empty="no worker",
    ),
    Panel(
        "CPU", "Cores used; a worker uses one at most.", "short",
        [Query(f"rate(process_cpu_seconds_total{{{SLAMON}}}[$__rate_interval])", "{{instance}}")], width=6, empty="no worker",
    ),
    Panel(
        "Viewers", "Streams of the live page that are open; a worker has 16 at most.", "short",
        [Query(f"slamon_page_viewers{{{WORKER}}}", "{{instance}}")], width=6, empty="no worker",
    ),
    Panel(
        "Certificates", "When the certificates end that each worker shows to Kafka and on its port.", "dateTimeFromNow",
        [Query(f"slamon_certificate_end_timestamp_seconds{{{WORKER}}} * 1000", "{{instance}} {{use}}")], "stat", 6,
        states=((0, "none", "text"),), empty="no worker", height=8,
    ),
    Panel(
        "What runs here", "Versions of slamon, Python and Faust.", "short",
        [Query(f"count by (version, python, faust) (slamon_build_info{{{WORKER}}})", "Workers")], "table", 6, empty="no worker",
    ),
)  # fmt: skip

POLICIES = (
    Panel(
        "Policies in force", "Workers by policy version; more than one version for long is wrong.", "short",
        [Query(f"count by (version) (slamon_policy_info{{{WORKER}}})", "{{version}}")], width=8, empty="no policies",
    ),
    Panel(
        "Policies last loaded", "When each worker last loaded policies without a problem.", "dateTimeFromNow",
        [Query(f"slamon_policy_reload_success_timestamp_seconds{{{WORKER}}} * 1000", "{{instance}}")], "stat", 8, empty="no policies", height=8,
    ),
    Panel(
        "Policy reloads refused", "The old policies stand.", "short",
        [Query(lately("policy_reload_failures"), "refused")], "bars", 8,
    ),
)  # fmt: skip

NOBODY = "no notifier runs"
PAGING = (
    Panel(
        "Pages", "What receivers have taken: opened, changed and closed.", "short",
        [Query(lately("notify_sent", "by (receiver, action) "), "{{receiver}} {{action}}")], "bars", 8, empty=NOBODY,
    ),
    Panel(
        "Longest wait of a page", "At each receiver; from five minutes on an alert tells it.", "s",
        [Query(f"max by (receiver) (slamon_notify_oldest_waiting_seconds{{{WORKER}}})", "{{receiver}}")], width=8, empty=NOBODY,
    ),
    Panel(
        "Pages that nobody got", "Refused for good, led to nobody by the routes, or unreadable.", "short",
        [
            Query(lately("notify_refused", "by (receiver) "), "{{receiver}} refused"), Query(lately("notify_unrouted"), "no route"),
            Query(lately("notify_unreadable"), "unreadable"),
        ],
        "bars", 8, empty=NOBODY,
    ),
    Panel(
        "Open and waiting pages", "Open at the receiver, and still to be told.", "short",
        [
            Query(f"sum by (receiver) (slamon_notify_open_pages{{{WORKER}}})", "{{receiver}} open"),
            Query(f"sum by (receiver) (slamon_notify_waiting{{{WORKER}}})", "{{receiver}} waiting"),
        ],
        width=8, empty=NOBODY,
    ),
    Panel(
        "Repeated and saved", "Attempts that had to be repeated; pages that were over before their turn came.", "short",
        [
            Query(lately("notify_retries", "by (receiver) "), "{{receiver}} repeated"),
            Query(lately("notify_superseded", "by (receiver) "), "{{receiver}} saved"),
        ],
        "bars", 8, empty=NOBODY,
    ),
    Panel(
        "Facts that wait for the notifier", "In Kafka and not read yet; partitions of each output topic that are read.", "short",
        [
            Query(f"sum(slamon_notify_lag_records{{{WORKER}}})", "facts"),
            Query(f"sum(slamon_notify_partitions{{{WORKER}}})", "partitions"),
        ],
        width=8, empty=NOBODY,
    ),
)  # fmt: skip

BOARD = Board(
    "slamon-itself",
    "slamon itself",
    "Whether slamon sees everything, decides in time, and runs as it should.",
    {"Health": HEALTH, "Time": TIME, "Input": INPUT, "Running": WORKERS, "Policy versions": POLICIES, "Paging": PAGING},
    {"worker": Choice("Worker", 'label_values({__name__=~"slamon_build_info|slamon_notify_partitions"}, instance)')},
)
