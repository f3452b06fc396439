"""Channels that leave the machine; all of them off until the operator sets them up."""

import json
import smtplib
from collections.abc import Callable, Iterator, Mapping, Sequence
from time import monotonic
from typing import Any

import requests
from django.conf import settings
from django.core.mail import EmailMessage, get_connection

from delivery.messages.channels import Answer, Channel, Delivered, Outgoing, international, register
from delivery.messages.occasions import Occasion
from delivery.messages.texts import spoken_language

_TIMEOUT = (3.05, 10)  # seconds to connect, to answer
_SUBJECT = {"id": "KTP-el Anda", "en": "Your identity card"}
_PROVIDER_ID_LENGTH = 80
# Of an answer no more is read than this, and no longer: the provider, or who answers for it, says how long it is.
LARGEST_ANSWER = 64 * 1024
LONGEST_ANSWER_S = 15.0


class EmailChannel:
    """Plain e-mail over Django's mail backend, one connection for all; a server that is down stops no other channel."""

    def send(self, messages: Sequence[Outgoing]) -> Iterator[Delivered]:
        connection = get_connection()
        try:
            for message in messages:
                yield self._send_one(message, connection)
        finally:
            connection.close()

    def _send_one(self, message: Outgoing, connection: Any) -> Delivered:
        mail = EmailMessage(
            subject=_SUBJECT.get(message.language, _SUBJECT["id"]),
            body=message.text,
            to=[message.email],
            headers={"Message-ID": f"<{message.key}@antarktp>", "Auto-Submitted": "auto-generated"},
            connection=connection,
        )
        try:
            connection.open()
            mail.send()
        except smtplib.SMTPRecipientsRefused:
            return Delivered(message_id=message.message_id, answer=Answer.REFUSED)
        except (smtplib.SMTPException, OSError):
            return Delivered(message_id=message.message_id, answer=Answer.TRY_AGAIN)
        return Delivered(message_id=message.message_id, answer=Answer.SENT, provider_id=message.key)


class _HttpChannel:
    """Posts one document per message over one session, and answers for each as soon as it is known."""

    url: str
    headers: Mapping[str, str]
    as_form = False

    def body(self, message: Outgoing) -> Mapping[str, Any]:
        raise NotImplementedError

    def refused(self, answer: Any) -> bool:
        """Say whether the provider's answer is a refusal although its status is 200."""
        return False

    def provider_id(self, answer: Any) -> str:
        raise NotImplementedError

    def send(self, messages: Sequence[Outgoing]) -> Iterator[Delivered]:
        with requests.Session() as session:
            session.headers.update(self.headers)
            for message in messages:
                yield self._send_one(session, message)

    def _send_one(self, session: requests.Session, message: Outgoing) -> Delivered:
        body = self.body(message)
        try:
            with session.post(
                self.url,
                data=body if self.as_form else None,
                json=None if self.as_form else body,
                headers={"Idempotency-Key": message.key},
                timeout=_TIMEOUT,
                allow_redirects=False,
                stream=True,
            ) as response:
                answer, read = _answer_of(response.status_code), _read(response)
        except requests.RequestException:
            return Delivered(message_id=message.message_id, answer=Answer.TRY_AGAIN)
        failure = "" if answer is Answer.SENT else str(response.status_code)
        if answer is Answer.SENT and self.refused(read):
            answer, failure = Answer.REFUSED, "REFUSED"
        provider_id = self._read_id(read) if answer is Answer.SENT else ""
        return Delivered(
            message_id=message.message_id, answer=answer, provider_id=provider_id, failure=failure
        )

    def _read_id(self, answer: Any) -> str:
        try:
            told = self.provider_id(answer)[:_PROVIDER_ID_LENGTH]
            return "".join(letter for letter in told if letter.isprintable())  # no database keeps the others
        except (ValueError, LookupError, TypeError):
            return ""  # accepted all the same; only its number at the provider is not known


def _read(response: requests.Response) -> Any:
    """Give the answer's document; None for one that is none, is too long or comes too slowly."""
    body, until = bytearray(), monotonic() + LONGEST_ANSWER_S
    for piece in response.iter_content(1024):
        body += piece
        if len(body) > LARGEST_ANSWER or monotonic() > until:
            return None
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def _answer_of(status: int) -> Answer:
    if 200 <= status < 300:
        return Answer.SENT
    return Answer.TRY_AGAIN if status in (408, 409, 425, 429) or status >= 500 else Answer.REFUSED


class GatewayChannel(_HttpChannel):
    """Any WhatsApp or SMS provider that takes a number and a text as JSON or as a form; its names are settings."""

    def __init__(self) -> None:
        self.url = settings.MESSAGE_GATEWAY_URL
        token = settings.MESSAGE_GATEWAY_TOKEN
        self.headers = (
            {"Authorization": settings.MESSAGE_GATEWAY_AUTH.replace("{token}", token)} if token else {}
        )
        self.as_form = settings.MESSAGE_GATEWAY_FORMAT == "form"

    def body(self, message: Outgoing) -> Mapping[str, Any]:
        return {
            **settings.MESSAGE_GATEWAY_EXTRA,
            settings.MESSAGE_GATEWAY_PHONE_FIELD: international(message.phone),
            settings.MESSAGE_GATEWAY_TEXT_FIELD: message.text,
        }

    def refused(self, answer: Any) -> bool:
        """Compare the field that tells success, where the provider has one (`status=true`)."""
        name, _equals, right = settings.MESSAGE_GATEWAY_OK.partition("=")
        if not name:
            return False
        try:
            return str(_field(answer, name)).casefold() != right.casefold()
        except (LookupError, TypeError, ValueError):
            return True

    def provider_id(self, answer: Any) -> str:
        return str(_field(answer, settings.MESSAGE_GATEWAY_ID_FIELD))


def _field(answer: Any, path: str) -> Any:
    """Read `data.id` out of nested objects; of a list, its first."""
    for name in path.split("."):
        answer = answer[0] if isinstance(answer, list) else answer
        answer = answer[name]
    return answer[0] if isinstance(answer, list) else answer


class WhatsAppChannel(_HttpChannel):
    """Meta's WhatsApp Cloud API: one registered template per occasion and language, such as `antarktp_dispatched`.

    Templates and their parameters are those of `texts.template_of`; `manage.py message_templates` writes them for
    registration. An answer to what a resident has just written goes as plain text, which Meta allows for 24 hours.
    """

    def __init__(self) -> None:
        self.url = f"{settings.WHATSAPP_URL}/{settings.WHATSAPP_PHONE_ID}/messages"
        self.headers = {"Authorization": f"Bearer {settings.WHATSAPP_TOKEN}"}

    def body(self, message: Outgoing) -> Mapping[str, Any]:
        to = {"messaging_product": "whatsapp", "to": international(message.phone)}
        if message.is_answer:
            return {**to, "type": "text", "text": {"body": message.text, "preview_url": False}}
        return {
            **to,
            "type": "template",
            "template": {
                "name": template_name(message.occasion),
                "language": {"code": spoken_language(message.language)},
                "components": [
                    {
                        "type": "body",
                        "parameters": [{"type": "text", "text": text} for text in message.parameters],
                    }
                ],
            },
        }

    def provider_id(self, answer: Any) -> str:
        return str(answer["messages"][0]["id"])


def template_name(occasion: Occasion) -> str:
    """Give the name under which an occasion's text is registered."""
    return f"antarktp_{occasion.lower()}"


MAKERS: Mapping[str, Callable[[], Channel]] = {
    "EMAIL": EmailChannel,
    "GATEWAY": GatewayChannel,
    "WHATSAPP": WhatsAppChannel,
}
register(MAKERS)


def takes_replies(channel: str) -> bool:
    """Say whether a reply to a message of this channel comes back to us, so that a text may ask for one."""
    if channel == "WHATSAPP":
        return True  # its registered texts name the replies
    return channel == "GATEWAY" and bool(settings.MESSAGE_CALLBACK_SECRET)
