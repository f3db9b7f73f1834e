"""Where alerts go. What is secret stands in the environment; a field holds the name of its variable alone."""

from pydantic import Field

from bcn_dagster.documented import Documented


class Webhook(Documented):
    """An address that takes alerts as JSON by POST."""

    url_variable: str = Field(description="The variable that holds the address.")
    token_variable: str | None = Field(
        None, description="The variable that holds a bearer token for the header Authorization."
    )


class Slack(Documented):
    """A Slack channel, by an incoming webhook; whatever takes Slack's JSON does as well (Mattermost, Teams)."""

    url_variable: str = Field(description="The variable that holds the address of the incoming webhook.")


class Email(Documented):
    """Letters by SMTP."""

    host: str = Field(description="The mail server.")
    port: int = Field(587, ge=1, le=65535, description="Its port.")
    sender: str = Field(description="The address that letters come from.")
    to: list[str] = Field(min_length=1, description="Who gets them.")
    starttls: bool = Field(
        default=True, description="Whether the connection is encrypted before anything is said."
    )
    user_variable: str | None = Field(None, description="The variable that holds the user, for a login.")
    password_variable: str | None = Field(None, description="The variable that holds the password.")


class Alerts(Documented):
    """All ways of one catalog; any number of each."""

    webhook: list[Webhook] = Field([], description="Addresses that take JSON by POST.")
    slack: list[Slack] = Field([], description="Slack channels, by incoming webhooks.")
    email: list[Email] = Field([], description="Mail servers with those who get letters.")

    @property
    def any(self) -> bool:
        """Whether anybody is told."""
        return bool(self.webhook or self.slack or self.email)
