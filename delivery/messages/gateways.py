"""Channels that leave the machine; all of them off until the operator sets them up."""

import smtplib
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import requests
from django.conf import settings
from django.core.mail import EmailMessage, get_connection

from delivery.messages.channels import Answer, Channel, Delivered, Outgoing, international, register

_TIMEOUT = (3.05, 10)  # seconds to connect, to answer
_SUBJECT = {"id": "KTP-el Anda", "en": "Your identity card"}
_PROVIDER_ID_LENGTH = 80


class EmailChannel:
    """Plain e-mail over Django's mail backend, one connection for all."""

    def send(self, messages: Sequence[Outgoing]) -> Sequence[Delivered]:
        with get_connection() as connection:
            return [self._send_one(message, connection) for message in messages]

    def _send_one(self, message: Outgoing, connection: Any) -> Delivered:
        mail = EmailMessage(
            subject=_SUBJECT.get(message.language, _SUBJECT["id"]),
            body=message.text,
            to=[message.email],
            headers={"Message-ID": f"<{message.key}@antarktp>", "Auto-Submitted": "auto-generated"},
            connection=connection,
        )
        try:
            mail.send()
        except smtplib.SMTPRecipientsRefused:
            return Delivered(message_id=message.message_id, answer=Answer.REFUSED)
        except (smtplib.SMTPException, OSError):
            return Delivered(message_id=message.message_id, answer=Answer.TRY_AGAIN)
        return Delivered(message_id=message.message_id, answer=Answer.SENT, provider_id=message.key)


class _HttpChannel:
    """Posts one JSON document per message over one session."""

    url: str
    token: str

    def body(self, message: Outgoing) -> Mapping[str, Any]:
        raise NotImplementedError

    def provider_id(self, answer: Any) -> str:
        raise NotImplementedError

    def send(self, messages: Sequence[Outgoing]) -> Sequence[Delivered]:
        with requests.Session() as session:
            session.headers["Authorization"] = f"Bearer {self.token}"
            return [self._send_one(session, message) for message in messages]

    def _send_one(self, session: requests.Session, message: Outgoing) -> Delivered:
        try:
            response = session.post(
                self.url,
                json=self.body(message),
                headers={"Idempotency-Key": message.key},
                timeout=_TIMEOUT,
                allow_redirects=False,
            )
        except requests.RequestException:
            return Delivered(message_id=message.message_id, answer=Answer.TRY_AGAIN)
        answer = _answer_of(response.status_code)
        provider_id = self._read_id(response) if answer is Answer.SENT else ""
        return Delivered(message_id=message.message_id, answer=answer, provider_id=provider_id)

    def _read_id(self, response: requests.Response) -> str:
        try:
            return self.provider_id(response.json())[:_PROVIDER_ID_LENGTH]
        except (ValueError, LookupError, TypeError):
            return ""  # accepted all the same; only its number at the provider is not known


def _answer_of(status: int) -> Answer:
    if 200 <= status < 300:
        return Answer.SENT
    return Answer.TRY_AGAIN if status in (408, 409, 425, 429) or status >= 500 else Answer.REFUSED


class GatewayChannel(_HttpChannel):
    """Any WhatsApp or SMS provider that takes a number and a text as JSON; the field names are settings."""

    def __init__(self) -> None:
        self.url = settings.MESSAGE_GATEWAY_URL
        self.token = settings.MESSAGE_GATEWAY_TOKEN

    def body(self, message: Outgoing) -> Mapping[str, Any]:
        return {
            settings.MESSAGE_GATEWAY_PHONE_FIELD: international(message.phone),
            settings.MESSAGE_GATEWAY_TEXT_FIELD: message.text,
        }

    def provider_id(self, answer: Any) -> str:
        return str(answer["id"])


class WhatsAppChannel(_HttpChannel):
    """Meta's WhatsApp Cloud API. A template per occasion, such as `antarktp_dispatched`, takes the text as {{1}}."""

    def __init__(self) -> None:
        self.url = f"{settings.WHATSAPP_URL}/{settings.WHATSAPP_PHONE_ID}/messages"
        self.token = settings.WHATSAPP_TOKEN

    def body(self, message: Outgoing) -> Mapping[str, Any]:
        return {
            "messaging_product": "whatsapp",
            "to": international(message.phone),
            "type": "template",
            "template": {
                "name": f"antarktp_{message.occasion.lower()}",
                "language": {"code": message.language},
                "components": [{"type": "body", "parameters": [{"type": "text", "text": message.text}]}],
            },
        }

    def provider_id(self, answer: Any) -> str:
        return str(answer["messages"][0]["id"])


MAKERS: Mapping[str, Callable[[], Channel]] = {
    "EMAIL": EmailChannel,
    "GATEWAY": GatewayChannel,
    "WHATSAPP": WhatsAppChannel,
}
register(MAKERS)
