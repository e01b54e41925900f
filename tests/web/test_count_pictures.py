"""Days put together for a picture, and the picture as numbers."""

from datetime import date, timedelta

import pytest

from webinars.domain.counts import DayCounts, Period
from webinars.web.count_periods import Unit, every_day, grouped
from webinars.web.count_pictures import Value, bars, curve

TODAY = date(2019, 5, 30)
A_DAY = timedelta(days=1)


def test_days_are_put_together_so_that_a_picture_holds_them() -> None:
    views = {TODAY: DayCounts(views=1), TODAY - A_DAY: DayCounts(2, 3, 4)}

    def of(days: int) -> tuple[Unit, int, int]:
        period = Period(TODAY - (days - 1) * A_DAY, TODAY)
        unit, groups = grouped(every_day(views, period, date(2000, 1, 1)))
        assert sum(one.counts.views for one in groups) == (3 if days > 1 else 1)
        return unit, len(groups), (groups[-1].last - groups[-1].first).days + 1

    assert of(1) == (Unit.DAY, 1, 1)
    assert of(92) == (Unit.DAY, 92, 1)
    assert of(93) == (Unit.WEEK, 14, 4)  # 30 May 2019 is a Thursday
    assert of(741) == (Unit.MONTH, 25, 30)


def test_a_period_begins_with_the_first_count() -> None:
    since = TODAY - 2 * A_DAY
    for period, days in (
        (Period(None, TODAY), 3),
        (Period(date(1900, 1, 1), TODAY), 3),
        (Period(TODAY, TODAY), 1),
    ):
        assert len(every_day({}, period, since)) == days
    assert every_day({}, Period(None, since - A_DAY), since)[0][0] == since - A_DAY
    assert len(every_day({}, Period(None, TODAY), since, least=30)) == 30
    assert len(every_day({}, Period(TODAY - A_DAY, TODAY), since, least=30)) == 2


@pytest.mark.parametrize(
    ("numbers", "levels"),
    [
        ([], ["0", "1"]),
        ([0, 1], ["0", "1"]),
        ([4], ["0", "1", "2", "3", "4"]),
        ([5], ["0", "2", "4", "6"]),
        ([41, 3], ["0", "20", "40", "60"]),
        ([9999], ["0", "5000", "10000"]),
    ],
)
def test_levels_are_round_numbers(numbers: list[int], levels: list[str]) -> None:
    for picture in bars([Value(number, str(number), str(number)) for number in numbers]):
        assert [one.words for one in picture.levels] == levels
        assert all(0 <= one.y <= picture.bottom for one in picture.bars)


def test_a_curve_says_each_minute_and_chapters_stand_where_they_begin() -> None:
    wide, narrow = curve([2, 0, 1], [0, 61, 500], "min")
    assert wide.line == "M44,12.0H340.00V222.0H636.00V117.0H932.00"
    assert wide.area == f"{wide.line}V222H44Z"
    assert [one.words for one in wide.words] == ["0", "1", "2", "3 min"]
    assert [one.words for one in wide.chapters] == ["1", "2"]  # the third is beyond its end
    assert [one.words for one in curve([1], [0, 1, 59], "min")[1].chapters] == ["1", "", "3"]
    assert narrow.height == wide.height - wide.size.height + narrow.size.height
