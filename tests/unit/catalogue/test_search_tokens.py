"""Tokens of the search: what stands in a text is found by every stretch of it, as written and as it sounds."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quanshu.supply.catalogue.search import expression, marking, tokens

HAN = st.text(
    alphabet=st.sampled_from("户籍人口登记信息公安局民政企业法不动产许可证书车辆驾驶"), min_size=1, max_size=12
)
LATIN = st.text(alphabet="abcdefghijklmnopqrstuvwxyz", min_size=1, max_size=12)


def stands_in(phrase: expression.Phrase, text: str) -> bool:
    """Whether a phrase is found in a text, as both databases find it."""
    words = tokens.document(text).split()
    width = len(phrase.tokens)
    for at in range(len(words) - width + 1):
        part = words[at : at + width]
        last = part[-1].startswith(phrase.tokens[-1]) if phrase.prefix else part[-1] == phrase.tokens[-1]
        if last and part[:-1] == list(phrase.tokens[:-1]):
            return True
    return False


@given(text=HAN, data=st.data())
def test_every_stretch_of_characters_is_found_as_written(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start + 1, len(text)))
    assert stands_in(expression.written(text[start:end]), text)


@given(text=HAN, other=HAN)
def test_what_does_not_stand_there_is_not_found_as_written(text: str, other: str) -> None:
    if len(other) > 1:
        assert stands_in(expression.written(other), text) == (other in text)


@given(text=HAN, data=st.data())
def test_every_stretch_is_found_by_its_initials_and_in_full_pinyin(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start + 1, len(text)))
    syllables = tokens.syllables_of(text)[start:end]
    assert stands_in(expression.initials("".join(part[0] for part in syllables)), text)
    assert stands_in(expression.spoken(syllables), text)


@given(text=st.text(max_size=80))
def test_any_text_becomes_tokens_that_both_databases_take(text: str) -> None:
    for token in tokens.document(text).split():
        assert not set(token) & set("\"' \t\n:&|!()<>*\\\x00")
    for sought in (expression.exact(text), expression.loose(text), expression.sounding(text)):
        assert expression.fts5(sought, ("title",)).count('"') % 2 == 0
        assert expression.tsquery(sought, ("title",)).count("'") % 2 == 0


@given(word=LATIN)
def test_a_slip_of_one_letter_is_undone_by_another(word: str) -> None:
    for slip in tokens.typos(word)[::50]:
        assert marking.one_letter_away(slip, word)
        assert not slip or word in tokens.typos(slip)


@given(text=HAN)
def test_readings_spell_the_letters(text: str) -> None:
    letters = "".join(tokens.syllables_of(text))
    assert all("".join(cut) == letters for cut in tokens.readings(letters))
    assert tokens.readings(letters)


@given(text=HAN, word=HAN)
def test_marks_lie_within_the_text_and_spell_the_word(text: str, word: str) -> None:
    spans, met = marking.spans_in(text, [word])
    pieces = marking.Mark(marking.Place.TITLE, text, spans).pieces()
    assert "".join(piece for piece, _on in pieces) == text
    if word in text:
        assert met == {word}
        assert any(on and word in piece for piece, on in pieces)


@pytest.mark.parametrize(
    ("typed", "tokens_of"),
    [
        ("ＡＢＣ", ["abc"]),
        ("citizen_id", ["citizen_id", "citizen", "id"]),
        ("101001/000001", ["101001_000001"]),
        ("户", ["户"]),
        ("户籍 人口", ["户籍", "籍", "人口", "口"]),
    ],
)
def test_tokens_of_common_texts(typed: str, tokens_of: list[str]) -> None:
    found = tokens.text_tokens(typed)
    assert found[: len(tokens_of)] == tokens_of


def test_heard_words_are_marked_where_they_sound() -> None:
    assert marking.heard_in("全市户籍人口登记", "户藉") == (2, 4)
    assert marking.heard_in("全市户籍人口登记", "hjrk") == (2, 6)
    assert marking.heard_in("全市户籍人口登记", "hujirenkuo") == (2, 6)
    assert marking.heard_in("全市户籍人口登记", "hujir") == (2, 5)
    assert marking.heard_in("全市户籍人口登记", "xyz") is None
