"""Alerts on their way: each channel is tried on its own, and what could not be sent is told in the end."""

import http.client
import json
import os
import smtplib
import ssl
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from email.message import EmailMessage
from functools import partial

from bcn_core.errors import BcnError, InvalidRequest, StorageFailure, StorageRefused
from bcn_dagster.alerts.channels import Alerts, Email, Slack, Webhook

_SECONDS = 10.0
_TRIES = 3


@dataclass(frozen=True, slots=True)
class Alert:
    """One thing that people must know: what happened in which run of which catalog, and where to look.

    ``pit`` and ``repository`` are empty where a run is about none.
    """

    event: str
    catalog: str
    job: str
    run_id: str
    pit: str
    problem: str
    repository: str
    link: str

    @property
    def title(self) -> str:
        """One line."""
        about = f" (PIT {self.pit})" if self.pit else ""
        return f"BCN {self.catalog}: {self.job} {self.event}{about}"

    @property
    def text(self) -> str:
        """All of it, for people."""
        repository = [f"repository: {self.repository}"] if self.repository else []
        return "\n".join([self.title, "", self.problem, "", *repository, self.link])


@dataclass(frozen=True, slots=True)
class Sender:
    """Sends alerts; ``environment`` holds the secrets, ``wait_s`` lies between two tries of a channel."""

    alerts: Alerts
    environment: Mapping[str, str] = field(default_factory=lambda: os.environ)
    wait_s: float = 1.0

    def send(self, alert: Alert) -> int:
        """Tell everybody; how many channels took it.

        Raises:
            StorageFailure: a channel did not take it; the others were told.
        """
        ways = list(self._ways(alert))
        failed = [problem for name, way in ways if (problem := self._try(name, way))]
        if failed:
            raise StorageFailure(
                f"{len(failed)} of {len(ways)} alerts were not sent: {'; '.join(failed)}",
                hint="check the channels by the job that tests them",
            )
        return len(ways)

    def _ways(self, alert: Alert) -> Iterator[tuple[str, Callable[[], None]]]:
        for hook in self.alerts.webhook:
            yield f"webhook {hook.url_variable}", partial(self._to_webhook, hook, alert)
        for slack in self.alerts.slack:
            yield f"Slack {slack.url_variable}", partial(self._to_slack, slack, alert)
        for mail in self.alerts.email:
            yield f"e-mail by {mail.host}", partial(self._to_email, mail, alert)

    def _try(self, name: str, way: Callable[[], None]) -> str:
        """Try a channel some times; why it failed, in words that hold no secret."""
        problem = ""
        for attempt in range(_TRIES):
            try:
                way()
            except BcnError as error:
                problem = f"{name}: {error.message}"
                if not error.retryable:
                    break
            else:
                return ""
            if attempt + 1 < _TRIES:
                time.sleep(self.wait_s)
        return problem

    def _to_webhook(self, hook: Webhook, alert: Alert) -> None:
        token = self._secret(hook.token_variable) if hook.token_variable else ""
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        _post(self._secret(hook.url_variable), asdict(alert) | {"title": alert.title}, headers)

    def _to_slack(self, slack: Slack, alert: Alert) -> None:
        _post(self._secret(slack.url_variable), {"text": slack_text(alert)}, {})

    def _to_email(self, mail: Email, alert: Alert) -> None:
        login = None
        if mail.user_variable and mail.password_variable:
            login = self._secret(mail.user_variable), self._secret(mail.password_variable)
        try:
            _deliver(mail, letter(mail, alert), login)
        except (OSError, smtplib.SMTPException) as error:
            # Its text may hold what the server said about the login.
            raise StorageFailure(
                f"the mail server did not take the letter ({type(error).__name__})"
            ) from None

    def _secret(self, variable: str) -> str:
        if not self.environment.get(variable):
            raise InvalidRequest(f"the variable {variable} is not set", hint=f"export {variable}=...")
        return self.environment[variable]


def slack_text(alert: Alert) -> str:
    """An alert in Slack's own markup, whose three signs must be escaped."""
    text = alert.text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    title, _, rest = text.partition("\n")
    return f"*{title}*\n{rest}"


def letter(mail: Email, alert: Alert) -> EmailMessage:
    """An alert as a letter."""
    found = EmailMessage()
    found["Subject"], found["From"], found["To"] = alert.title, mail.sender, ", ".join(mail.to)
    found.set_content(alert.text)
    return found


def _deliver(mail: Email, message: EmailMessage, login: tuple[str, str] | None) -> None:
    with smtplib.SMTP(mail.host, mail.port, timeout=_SECONDS) as server:
        if mail.starttls:
            server.starttls(context=ssl.create_default_context())
        if login is not None:
            server.login(*login)
        server.send_message(message)


class _StaysHere(urllib.request.HTTPRedirectHandler):
    """A redirect of a POST becomes a GET: the alert would be lost, called sent, and its token known to another host."""

    def redirect_request(self, *_: object) -> None:
        return None


_OPENER = urllib.request.build_opener(_StaysHere)


def _post(url: str, document: Mapping[str, object], headers: Mapping[str, str]) -> None:
    """The address is a secret (whoever has Slack's can write to the channel), so no message names it."""
    if not url.startswith(("http://", "https://")):
        raise InvalidRequest("its address is no http:// or https:// address")
    asked = urllib.request.Request(  # noqa: S310 the scheme was looked at
        url, json.dumps(document).encode(), {"Content-Type": "application/json", **headers}
    )
    try:
        _OPENER.open(asked, timeout=_SECONDS).close()
    except urllib.error.HTTPError as error:
        kind = StorageFailure if error.code >= 500 or error.code == 429 else StorageRefused
        raise kind(f"it answered {error.code}") from None
    except (OSError, ValueError, http.client.HTTPException) as error:
        # HTTPException: that of an address with a blank in it names all of it.
        raise StorageFailure(f"it cannot be reached ({type(error).__name__})") from None
