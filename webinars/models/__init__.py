"""Every table of the product."""

from webinars.models.audit import AuditAct, AuditedWebinar, AuditEntry
from webinars.models.counting import (
    Place,
    ReplayMinutes,
    ReplayMinutesBefore,
    ReplayOpenings,
    ReplayViews,
    ResourceOpenings,
)
from webinars.models.delivery import AddressStanding, DeliveryNotice, NoticeKind, StopReason
from webinars.models.feeds import ClientFamily, FeedFetch
from webinars.models.leaving import LeftBy, LeftList, MailList
from webinars.models.library import (
    Captions,
    Chapter,
    EntryPoint,
    LinkCheck,
    LinkState,
    Reading,
    Replay,
    Resource,
    Step,
    Theme,
    chapter_resources,
    question_resources,
    resource_themes,
)
from webinars.models.mail_texts import MailText, MailTrial
from webinars.models.outbox import MailKind, MailState, OutboxMail
from webinars.models.people import ActorCategory, Organiser, Participant, Role
from webinars.models.planning import (
    Change,
    ChangeKind,
    Cycle,
    CycleDraft,
    DraftSession,
    Webinar,
    WebinarStatus,
)
from webinars.models.registrations import (
    SOMEBODYS,
    CycleRegistration,
    FollowedTheme,
    Question,
    Registration,
    RegistrationStatus,
    SeenWebinar,
)
from webinars.models.search import FoundKind, SearchEntry
from webinars.models.sending import MailCopy, MailCopyText, MailFlow
from webinars.models.site import SiteState
from webinars.models.surveys import (
    Survey,
    SurveyAnswered,
    SurveyKind,
    SurveyTally,
    SurveyText,
    TextState,
)
from webinars.models.uploads import DroppedUpload, Upload
from webinars.models.voices import Wish, WishState, WishSupport

__all__ = [
    "SOMEBODYS",
    "ActorCategory",
    "AddressStanding",
    "AuditAct",
    "AuditEntry",
    "AuditedWebinar",
    "Captions",
    "Change",
    "ChangeKind",
    "Chapter",
    "ClientFamily",
    "Cycle",
    "CycleDraft",
    "CycleRegistration",
    "DeliveryNotice",
    "DraftSession",
    "DroppedUpload",
    "EntryPoint",
    "FeedFetch",
    "FollowedTheme",
    "FoundKind",
    "LeftBy",
    "LeftList",
    "LinkCheck",
    "LinkState",
    "MailCopy",
    "MailCopyText",
    "MailFlow",
    "MailKind",
    "MailList",
    "MailState",
    "MailText",
    "MailTrial",
    "NoticeKind",
    "Organiser",
    "OutboxMail",
    "Participant",
    "Place",
    "Question",
    "Reading",
    "Registration",
    "RegistrationStatus",
    "Replay",
    "ReplayMinutes",
    "ReplayMinutesBefore",
    "ReplayOpenings",
    "ReplayViews",
    "Resource",
    "ResourceOpenings",
    "Role",
    "SearchEntry",
    "SeenWebinar",
    "SiteState",
    "Step",
    "StopReason",
    "Survey",
    "SurveyAnswered",
    "SurveyKind",
    "SurveyTally",
    "SurveyText",
    "TextState",
    "Theme",
    "Upload",
    "Webinar",
    "WebinarStatus",
    "Wish",
    "WishState",
    "WishSupport",
    "chapter_resources",
    "question_resources",
    "resource_themes",
]
