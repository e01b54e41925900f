"""Asking the server whether it would take our mail, without giving it one."""

import smtplib
import ssl

from flask_mail import Mail

from webinars.config import Settings
from webinars.mail.content import Unwritable, ascii_address
from webinars.mail.delivery import Post


class ProbeFailed(Exception):
    """What failed, and what to do."""

    def __init__(self, found: str, advice: str) -> None:
        super().__init__(found)
        self.advice = advice


def probe(settings: Settings) -> None:
    """Connect as a worker does, name the sender, and leave. Raises ProbeFailed."""
    host = _connected(settings)
    try:
        code, reply = host.mail(ascii_address(settings.return_path))
        if code != 250:
            said = f"{code} {reply.decode('utf-8', 'replace')}"[:200]
            raise ProbeFailed(
                f"does not take mail from {settings.return_path}: {said}",
                "use a sender that this server may send for: mail_sender, mail_return_path",
            )
        host.rset()
        host.quit()
    except (OSError, smtplib.SMTPException, Unwritable) as error:
        raise ProbeFailed(f"broke off: {_words(error)}", "try again; ask who runs it") from error
    finally:
        host.close()


def _connected(settings: Settings) -> smtplib.SMTP:
    try:
        return Post(Mail(), settings).configure_host()
    except ssl.SSLCertVerificationError as error:
        raise ProbeFailed(
            f"shows a certificate that is not good: {error.verify_message}",
            "name the server as in its certificate, or trust its authority on this machine",
        ) from error
    except ssl.SSLError as error:
        raise ProbeFailed(
            f"does not speak TLS so: {error.reason}", "check mail_security and mail_port"
        ) from error
    except smtplib.SMTPAuthenticationError as error:
        raise ProbeFailed(
            f"refuses the password ({error.smtp_code})", "check mail_username and mail_password"
        ) from error
    except smtplib.SMTPNotSupportedError as error:
        raise ProbeFailed(
            f"cannot do that: {error}", "check mail_security and mail_username"
        ) from (error)
    except (OSError, smtplib.SMTPException) as error:
        raise ProbeFailed(
            f"cannot be reached: {_words(error)}", "check mail_server and mail_port"
        ) from error


def _words(error: BaseException) -> str:
    return " ".join(str(error).split())[:200] or type(error).__name__
