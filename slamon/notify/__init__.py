"""Pages people: facts of the output topics to PagerDuty and to webhooks, one page a clock. Decides no promise."""
