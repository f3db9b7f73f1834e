"""Alerts: what failed is told to people where they are, by webhook, Slack or e-mail."""
