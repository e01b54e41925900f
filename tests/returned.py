"""Notices as servers write them: shaped as the real ones are, with invented names."""

from collections.abc import Callable

ID = "<0b1c8f6e-8f7b-4a7e-9d0a-3a0f4d1f6d2a@webinaires.example.org>"
TO = "alice@example.org"

HEADERS = """\
Return-Path: <webinaires@example.org>
From: L'innovation territoriale <webinaires@example.org>
To: Alice Dupont <{to}>
Subject: Demain 13 h
Message-ID: {id}
Date: Wed, 20 Mar 2019 13:00:00 +0100
"""


def dsn(
    *,
    id_: str = ID,
    to: str = TO,
    action: str = "failed",
    status: str = "5.1.1",
    diagnostic: str = "smtp; 550 5.1.1 <alice@example.org>: User unknown",
    returned: str = "message/rfc822",
    notice: str = "<20190320120001.AB12@mx.example.org>",
) -> bytes:
    """As Postfix writes it (RFC 3464)."""
    return f"""\
Return-Path: <>
Date: Wed, 20 Mar 2019 13:00:02 +0100 (CET)
From: MAILER-DAEMON@mx.example.org (Mail Delivery System)
Subject: Undelivered Mail Returned to Sender
To: webinaires@example.org
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status;
\tboundary="9B1F9.1553083202/mx.example.org"
Message-Id: {notice}

This is a MIME-encapsulated message.

--9B1F9.1553083202/mx.example.org
Content-Description: Notification
Content-Type: text/plain; charset=us-ascii

This is the mail system at host mx.example.org.

I'm sorry to have to inform you that your message could not
be delivered to one or more recipients. It's attached below.

--9B1F9.1553083202/mx.example.org
Content-Description: Delivery report
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.org
X-Postfix-Queue-ID: 9B1F9
X-Postfix-Sender: rfc822; webinaires@example.org
Arrival-Date: Wed, 20 Mar 2019 13:00:01 +0100 (CET)

Final-Recipient: rfc822; {to}
Original-Recipient: rfc822;{to}
Action: {action}
Status: {status}
Remote-MTA: dns; mx.example.net
Diagnostic-Code: {diagnostic}

--9B1F9.1553083202/mx.example.org
Content-Description: Undelivered Message
Content-Type: {returned}

{HEADERS.format(id=id_, to=to)}
Bonjour Alice

--9B1F9.1553083202/mx.example.org--
""".encode()


def exchange(*, id_: str = ID, to: str = TO) -> bytes:
    """Exchange: an inner name as the recipient, the report beside an HTML page, the thread's id."""
    return f"""\
From: <postmaster@example.onmicrosoft.com>
To: <webinaires@example.org>
Date: Wed, 20 Mar 2019 12:00:03 +0000
Content-Type: multipart/report; report-type=delivery-status;
\tboundary="b5d2e8aa-bdf8"
Content-Language: fr-FR
Message-ID: <e1f2@PR2FRA01.prod.example.com>
In-Reply-To: {id_}
References: {id_}
Subject: =?utf-8?B?Tm9uIHJlbWlzwqA6IERlbWFpbiAxMyBo?=
Auto-Submitted: auto-replied
MIME-Version: 1.0

--b5d2e8aa-bdf8
Content-Type: multipart/alternative; differences=Content-Type;
\tboundary="71a1"

--71a1
Content-Type: text/plain; charset="utf-8"
Content-Transfer-Encoding: quoted-printable

Votre message n=E2=80=99a pas pu =C3=AAtre remis.

--71a1
Content-Type: text/html; charset="utf-8"

<html><body>Votre message</body></html>

--71a1--

--b5d2e8aa-bdf8
Content-Type: message/delivery-status

Reporting-MTA: dns;PR2FRA01.prod.example.com
Received-From-MTA: dns;mx.example.org
Arrival-Date: Wed, 20 Mar 2019 12:00:02 +0000

Final-Recipient: rfc822;alice.d@example.onmicrosoft.com
Action: failed
Status: 5.1.10
Diagnostic-Code: smtp;550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient
 {to} not found by SMTP address lookup
X-Display-Name: Alice

--b5d2e8aa-bdf8
Content-Type: message/rfc822

Received: from mx.example.org (192.0.2.1) by PR2FRA01.prod.example.com
{HEADERS.format(id=id_, to=to)}
--b5d2e8aa-bdf8--
""".encode()


def gmail(*, id_: str = ID, to: str = TO) -> bytes:
    """Gmail: related pictures around the words, the id in the report, a code over several lines."""
    return f"""\
Return-Path: <>
From: Mail Delivery Subsystem <mailer-daemon@googlemail.com>
To: webinaires@example.org
Auto-Submitted: auto-replied
Subject: Delivery Status Notification (Failure)
References: {id_}
In-Reply-To: {id_}
Message-ID: <5c922c43.1c69fb81.mx@google.com>
Content-Type: multipart/report; boundary="0000000000007e"; report-type=delivery-status

--0000000000007e
Content-Type: multipart/related; boundary="0000000000008a"

--0000000000008a
Content-Type: multipart/alternative; boundary="0000000000008b"

--0000000000008b
Content-Type: text/plain; charset="UTF-8"

** Address not found **

--0000000000008b--
--0000000000008a
Content-Type: image/png; name="icon.png"
Content-Transfer-Encoding: base64
Content-ID: <icon.png>

iVBORw0KGgo=
--0000000000008a--
--0000000000007e
Content-Type: message/delivery-status

Reporting-MTA: dns; googlemail.com
Arrival-Date: Wed, 20 Mar 2019 05:00:03 -0700 (PDT)
X-Original-Message-ID: {id_}

Final-Recipient: rfc822; {to}
Action: failed
Status: 5.1.1
Remote-MTA: dns; gmail-smtp-in.l.google.com. (2a00::1a, the server for the domain)
Diagnostic-Code: smtp; 550-5.1.1 The email account that you tried to reach does not exist.
 550-5.1.1 Please try double-checking the recipient's email address for typos or
 550 5.1.1 unnecessary spaces. - gsmtp
Last-Attempt-Date: Wed, 20 Mar 2019 05:00:04 -0700 (PDT)

--0000000000007e
Content-Type: message/rfc822

{HEADERS.format(id=id_, to=to)}
--0000000000007e--
""".encode()


def exim(*, id_: str = ID, to: str = TO) -> bytes:
    """Exim without a report: the recipient in a header, our mail below a line."""
    return f"""\
Return-path: <>
Envelope-to: webinaires@example.org
X-Failed-Recipients: {to}
Auto-Submitted: auto-replied
From: Mail Delivery System <Mailer-Daemon@mx.example.org>
To: webinaires@example.org
Subject: Mail delivery failed: returning message to sender
Message-Id: <E1h6aaa-0001-AB@mx.example.org>
Date: Wed, 20 Mar 2019 13:00:02 +0100

This message was created automatically by mail delivery software.

A message that you sent could not be delivered to one or more of its
recipients. This is a permanent error. The following address(es) failed:

  {to}
    host mx.example.net [192.0.2.25]
    SMTP error from remote mail server after RCPT TO:<{to}>:
    550 No such user here

------ This is a copy of the message, including all the headers. ------

{HEADERS.format(id=id_, to=to)}
""".encode()


def qmail(*, id_: str = ID, to: str = TO) -> bytes:
    """qmail: words for people, and no header of a report."""
    return f"""\
Return-Path: <>
Date: 20 Mar 2019 12:00:02 -0000
From: MAILER-DAEMON@mx.example.org
To: webinaires@example.org
Subject: failure notice

Hi. This is the qmail-send program at mx.example.org.
I'm afraid I wasn't able to deliver your message to the following addresses.
This is a permanent error; I've given up. Sorry it didn't work out.

<{to}>:
Sorry, no mailbox here by that name. (#5.1.1)

--- Below this line is a copy of the message.

{HEADERS.format(id=id_, to=to)}
""".encode()


def sendmail(*, id_: str = ID, to: str = TO) -> bytes:
    """Sendmail: headers alone come back, encoded for the way."""
    return f"""\
From: Mail Delivery Subsystem <MAILER-DAEMON@mx.example.org>
To: <webinaires@example.org>
Subject: Returned mail: see transcript for details
Auto-Submitted: auto-generated (failure)
Message-Id: <201903201200.x2KC0@mx.example.org>
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="x2KC0"

--x2KC0

The original message was received at Wed, 20 Mar 2019 13:00:01 +0100

   ----- The following addresses had permanent fatal errors -----
<{to}>
    (reason: 550 5.2.1 mailbox is disabled)

--x2KC0
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.org
Received-From-MTA: DNS; app.example.org
Arrival-Date: Wed, 20 Mar 2019 13:00:01 +0100

Final-Recipient: RFC822; {to.upper()}
Action: failed
Status: 5.2.1
Diagnostic-Code: SMTP; 550 5.2.1 mailbox is disabled

--x2KC0
Content-Type: text/rfc822-headers
Content-Transfer-Encoding: quoted-printable

{HEADERS.format(id=id_, to=to).replace("=", "=3D")}
--x2KC0--
""".encode()


def arf(*, id_: str = ID, to: str = TO, kind: str = "abuse") -> bytes:
    """A complaint (RFC 5965); providers blank out the recipient."""
    return f"""\
From: <fbl@mail.example.net>
To: <webinaires@example.org>
Date: Wed, 20 Mar 2019 13:30:00 +0100
Subject: FW: Demain 13 h
Message-ID: <fbl.1@mail.example.net>
MIME-Version: 1.0
Content-Type: multipart/report; report-type=feedback-report; boundary="part1"

--part1
Content-Type: text/plain; charset="US-ASCII"

This is an email abuse report for an email message.

--part1
Content-Type: message/feedback-report

Feedback-Type: {kind}
User-Agent: SomeGenerator/1.0
Version: 1
Original-Mail-From: <webinaires@example.org>
Original-Rcpt-To: <{to}>
Arrival-Date: Wed, 20 Mar 2019 13:00:02 +0100

--part1
Content-Type: message/rfc822

{HEADERS.format(id=id_, to=to)}
--part1--
""".encode()


OUT_OF_OFFICE = f"""\
Return-Path: <>
From: Alice Dupont <alice@example.org>
To: webinaires@example.org
Auto-Submitted: auto-replied
Subject: Absence
In-Reply-To: {ID}
References: {ID}

Je suis absente ; votre message n'a pas encore été lu (550 courriels en attente).
""".encode()

READ_RECEIPT = f"""\
From: Alice Dupont <alice@example.org>
To: webinaires@example.org
Content-Type: multipart/report; report-type=disposition-notification; boundary="mdn"

--mdn
Content-Type: text/plain

Votre message a été supprimé sans être lu.
--mdn
Content-Type: message/disposition-notification

Final-Recipient: rfc822;alice@example.org
Original-Message-ID: {ID}
Disposition: automatic-action/MDN-sent-automatically; deleted
--mdn--
""".encode()

WRITERS: dict[str, tuple[Callable[..., bytes], str]] = {
    "postfix": (dsn, "5.1.1"),
    "exchange": (exchange, "5.1.10"),
    "gmail": (gmail, "5.1.1"),
    "exim": (exim, "5.0.0"),
    "qmail": (qmail, "5.1.1"),
    "sendmail": (sendmail, "5.2.1"),
}
"""Each writes that the address leads nowhere, with this code."""
