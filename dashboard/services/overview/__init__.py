"""The Overview's answer and the fund against its budget; what needs attention are the alerts of ``services.monitoring``."""
