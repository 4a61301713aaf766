"""The cockpit's answer."""
