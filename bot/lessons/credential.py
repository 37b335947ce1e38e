"""An award in the words of Open Badges."""

from bot.credential import Proven, urn
from bot.lessons import proof
from bot.lessons.curriculum import Curriculum
from bot.paper import PROGRAMME
from bot.texts import tongue
from db.lessons import Award


def of(curriculum: Curriculum, award: Award) -> Proven:
    """A certificate or a badge, under the name and in the language of the day it was given."""
    t = tongue(award.language)
    whole_track = proof.is_certificate(award.about)
    return Proven(
        code=award.code,
        name=award.name,
        title=proof.title(curriculum, award.about, t.language),
        since=award.awarded_at,
        achievement={
            "id": urn(award.about),
            "achievementType": "CertificateOfCompletion" if whole_track else "Badge",
            "inLanguage": t.language,
            "description": t.plain("A course of the programme {programme}.", programme=PROGRAMME)
            if whole_track
            else t.plain("A module of a course of the programme {programme}.", programme=PROGRAMME),
            "criteria": {"narrative": t.plain("All its lessons were finished.")},
        },
    )
