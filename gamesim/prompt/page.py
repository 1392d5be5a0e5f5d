"""One text: what a player reads in one situation, as a message or as a conversation."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from gamesim.actions import GRID_TOLERANCE, ActionSpace, Amount, Choice, counted, plain
from gamesim.actions import Text as Message
from gamesim.errors import GamesimError, unknown
from gamesim.game import Game
from gamesim.meeting import STRANGER
from gamesim.prompt.history import SUMMARY, check_memory, history, listed, shown, summary, told
from gamesim.prompt.pack import Pack
from gamesim.prompt.rounds import Round
from gamesim.prompt.wording import Wording, counts, fields
from gamesim.prompt.words import Terms
from gamesim.subjects import Trait, tell


@dataclass(frozen=True)
class Text:
    """What one decider reads."""

    system: str
    user: str
    earlier: tuple[tuple[str, str], ...] = ()


SILENT = "[]"
"""How nothing is said where a message is not an answer in JSON."""
ANSWERS = ("bracket", "json", "bare")
UNSAID = "none"


@dataclass(frozen=True)
class Style:
    """How players are spoken to.

    Parameters
    ----------
    answer : str
        In which form they are to answer: in square brackets, as a JSON object, or with nothing around it;
        ``none`` leaves the form unsaid.
    pack : Pack, optional
        Texts to speak in, where it has any; the game's own otherwise.
    memory : str
        What is told of the past: ``full`` for every round, ``summary`` for means and counts and the last round,
        or a number for as many of the last rounds.
    chat : bool
        Whether the past is told as a conversation, with the own answers as the player's turns, instead of as text
        in one message.
    personas : bool
        Whether those who are somebody are told who.

    Raises
    ------
    GamesimError
        For an unknown form of answer or memory.
    """

    answer: str = "bracket"
    pack: Pack | None = None
    memory: str = "full"
    chat: bool = False
    personas: bool = True

    def __post_init__(self) -> None:
        """Refuse what there is not."""
        if self.answer not in (*ANSWERS, UNSAID):
            raise unknown("form of answer", self.answer, (*ANSWERS, UNSAID))
        check_memory(self.memory)


PLAIN = Style()


def answer_format(space: ActionSpace, form: str = "bracket") -> str:
    """Say in which form the answer is read."""
    if form == UNSAID:
        return ""
    if isinstance(space, Message):
        return _message_format(space, form)
    if isinstance(space, Choice):
        marks = {"bracket": "[{}]", "json": '"{}"', "bare": "{}"}[form]
        what = " or ".join(marks.format(name) for name in space.named)
    elif abs((low := float(np.min(space.low))) / space.step - round(low / space.step)) > GRID_TOLERANCE:
        what = f"{plain(low)} or more in steps of {plain(space.step)}"
    else:
        what = "a whole number" if space.step == 1 else f"a multiple of {plain(space.step)}"
    if form == "json":
        return f'Answer with a JSON object of the form {{"answer": ...}}, where the answer is {what}.'
    if form == "bare":
        return f"Answer with {what} and nothing else."
    comma = "," if isinstance(space, Choice) else ""
    return f"Answer with {what}{comma} in square brackets and nothing else."


def _message_format(space: Message, form: str) -> str:
    most = f"at most {counted(space.max_chars, 'characters')}"
    if form == "json":
        return (
            f'Answer with a JSON object of the form {{"answer": ...}}, where the answer is a text of {most}; an empty '
            "one says nothing."
        )
    return f"To say nothing, write {SILENT}. Answer with your message of {most} and nothing else."


@dataclass(frozen=True)
class Page:
    """All that one text is written from."""

    game: Game
    stage: str
    seen: Mapping[str, float]
    wording: Wording
    speech: Terms
    style: Style
    variant: int
    space: ActionSpace
    round: int = 1
    rounds: int = 1
    continuation: float = 0.0
    update: str = "synchronous"
    matching: str = STRANGER.name
    setting: Sequence[str] = ()
    known: Sequence[str] = ()
    past: Sequence[Round] = ()
    own: Mapping[str, float] = field(default_factory=dict)
    person: Mapping[str, Trait] | None = None

    @property
    def role(self) -> str:
        """Role of the reader."""
        return self.game.decider(self.stage)

    def text(self) -> Text:
        """Write the message, or the conversation."""
        self._check_seen()
        self._check_held()
        system = self.wording.system_of(self.stage)
        whole = self.wording.whole(self.stage, len(self.past))
        if whole is None:
            if self.style.chat:
                *earlier, (last, _) = self._conversation()
                return Text(system, last, tuple(earlier))
            parts = self._parts()
            rules = _joined(" ", parts["rules"], parts["repeats"])
            asked = _joined("\n", parts["question"], parts["answer"])
            user = _joined("\n\n", parts["subject"], rules, parts["history"], parts["decided"], asked)
            return Text(system, user)
        self._check_whole(whole)
        parts = self._parts(headed=False)
        known = {
            **_known(self.speech, self.stage, self.seen),
            **parts,
            **counts(self.round, self.rounds, self.continuation),
        }
        user = whole.format_map(known)
        if parts["subject"] and "subject" not in fields(whole):
            user = f"{parts['subject']}\n\n{user}"
        return Text(system, user)

    def _parts(self, *, headed: bool = True) -> dict[str, str]:
        past = ""
        if self.past:
            past = told(
                self.game,
                self.role,
                self.past,
                self.style.memory,
                self.speech,
                self.wording,
                headed=headed,
            )
        return {
            "subject": self._subject(),
            "rules": rules_text(self.wording, self.speech, self.role, self.stage, self.variant),
            "repeats": _joined(" ", self._repeats(), *self.setting),
            "history": _joined("\n\n", past, " ".join(self.known)),
            "decided": self._decided(),
            "question": self._asked(self.stage, self.seen, self.round),
            "answer": self._answer(self.stage, self.space),
        }

    def _conversation(self) -> list[tuple[str, str]]:
        """Write the rounds as turns: the player's own answers, and what came before each; the last has none."""
        instructions = rules_text(self.wording, self.speech, self.role, self.stage, self.variant)
        rules = _joined(" ", instructions, self._repeats(), *self.setting)
        pending = [part for part in (self._subject(), rules) if part]
        turns: list[tuple[str, str]] = []
        last = shown(self.style.memory, len(self.past))
        if self.style.memory == SUMMARY and len(self.past) > 1:
            pending.append(summary(self.role, self.past, self.speech, self.wording))
        mine = [each for each in self.game.stages if self.game.decider(each.name) == self.role]

        def turn(stage: str, seen: Mapping[str, float], number: int, action: float) -> None:
            # Where there was no decision there is no answer to show; the round's line says so.
            if not math.isnan(action):
                form = self._answer(stage, self.speech.spaces[stage])
                asked = _joined("\n", self._asked(stage, seen, number), form)
                turns.append((_joined("\n\n", *pending, asked), self._written(stage, action)))
                pending.clear()

        for number in range(len(self.past) - last + 1, len(self.past) + 1):
            lived = self.past[number - 1]
            for each in mine if not lived.unasked else ():
                turn(each.name, self._shown(each.name, lived.known), number, lived.known[each.name])
            line = history(self.game, self.role, [lived], number, self.speech, self.wording)
            pending.append(line.removeprefix("- "))
        for stage, action in self.own.items():
            turn(stage, self._shown(stage, {**self.seen, **self.own}), self.round, action)
        pending.extend([" ".join(self.known)] if self.known else [])
        form = self._answer(self.stage, self.space)
        asked = _joined("\n", self._asked(self.stage, self.seen, self.round), form)
        return [*turns, (_joined("\n\n", *pending, asked), "")]

    def _shown(self, stage: str, known: Mapping[str, float]) -> dict[str, float]:
        """Find what a stage showed among what is known now."""
        sees = self.game.stage(stage).sees
        if missing := [name for name in sees if name not in known]:
            raise GamesimError(
                f"{self.game.name}.{stage}: players are not told {missing[0]} afterwards, so that the past cannot be "
                "told as a conversation"
            )
        return {name: known[name] for name in sees}

    def _written(self, stage: str, action: float) -> str:
        """Write an own past action in the form in which answers are asked for."""
        amount = isinstance(self.speech.spaces[stage], Amount)
        text = self.speech.written(stage, action)
        if self.style.answer == "json":
            return f'{{"answer": {text if amount else json.dumps(text, ensure_ascii=False)}}}'
        if stage in self.game.talks:
            return text or SILENT
        return f"[{text}]" if self.style.answer == "bracket" else text

    def _subject(self) -> str:
        if self.person is None:
            return ""
        traits = {
            name: value if isinstance(value, str) else plain(value)
            for name, value in self.person.items()
            if isinstance(value, str) or not math.isnan(value)
        }
        try:
            return self.wording.subject.format_map({**traits, "person": tell(self.person)})
        except KeyError as error:
            raise unknown(
                "trait", str(error.args[0]), (*traits, "person"), where=f"{self.wording.file}: subject"
            ) from None

    @property
    def _repeated(self) -> bool:
        return self.rounds > 1 or self.continuation > 0

    def _repeats(self) -> str:
        if not self._repeated:
            return ""
        matching = self.wording.matching.get(self.matching, "") if len(self.game.roles) > 1 else ""
        known = counts(self.round, self.rounds, self.continuation)
        known |= {"matching": matching, "continuation": plain(self.continuation)}
        kinds = ("alone", "matched") if self.continuation == 0 else ("open", "open_matched")
        return _joined(" ", self.wording.rounds[kinds[bool(matching)]].format_map(known), self._turns())

    def _turns(self) -> str:
        """Say that not everybody is asked in every round."""
        return self.wording.rounds["unasked"] if self._repeated and self.update != "synchronous" else ""

    def _decided(self) -> str:
        """Remind of what was decided earlier in the round, and of an own message unless it is quoted among others."""
        did = {stage: action for stage, action in self.own.items() if not self.speech.said(stage)}
        quoted = any(name in self.game.said_names for name in self.seen)
        wrote = () if quoted else [stage for stage in self.own if self.speech.said(stage)]
        sentences = [
            self.wording.history["said"].format_map({"message": self.speech.one(stage, self.own[stage])})
            for stage in wrote
        ]
        if did:
            decisions = listed(self.speech, did)
            sentences.append(self.wording.history["decided"].format_map({"decisions": decisions}))
        return " ".join(sentences)

    def _asked(self, stage: str, seen: Mapping[str, float], number: int) -> str:
        asked = question_text(self.wording, self.speech, stage, seen, self.variant)
        if not self._repeated:
            return asked
        place = counts(number, self.rounds, self.continuation) | {"question": asked}
        return self.wording.rounds["question"].format_map(place)

    def _answer(self, stage: str, space: ActionSpace) -> str:
        template = self.wording.answer.get(stage, "{format}")
        if "format" not in fields(template):
            self._check_form(f"[answer] {stage}")
        if self.style.answer == UNSAID:
            return ""
        known = self.speech.facts | self.speech.options(stage)
        return template.format_map({**known, "format": answer_format(space, self.style.answer)})

    def _check_seen(self) -> None:
        """Refuse texts that hold for another value of what is seen."""
        for name, wanted in self.wording.requires.items():
            if name in self.seen and self.seen[name] != wanted:
                raise GamesimError(
                    f"{self.wording.file}: its texts hold for {name} = {plain(float(wanted))} alone, and the "
                    f"{self.role} sees {name} = {plain(self.seen[name])}"
                )

    def _check_held(self) -> None:
        """Refuse ways to tell the past that have one role throughout."""
        if any(each.role for each in self.past) and (self.style.chat or self.style.memory == SUMMARY):
            raise GamesimError(
                f"{self.game.name}: roles change from round to round, so that the past is told neither as a "
                "conversation nor as a summary"
            )

    def _check_whole(self, whole: str) -> None:
        repeats = [*filter(None, [self._turns()]), *self.setting]
        for lines, name in ((repeats, "repeats"), (self.known, "history")):
            if lines and name not in fields(whole):
                raise GamesimError(
                    f"{self.wording.file}: the whole message of {self.stage} has no {{{name}}}, so that it leaves out: "
                    f"{lines[0]}"
                )
        if self.style.chat:
            raise GamesimError(
                f"{self.wording.file}: the whole message of {self.stage} is written as one, so that the past cannot "
                "be told as a conversation"
            )
        if "answer" not in fields(whole):
            self._check_form(f"the whole message of {self.stage}")

    def _check_form(self, what: str) -> None:
        if self.style.answer not in ("bracket", UNSAID):
            raise GamesimError(
                f"{self.wording.file}: {what} fixes the form of the answer, so that it cannot be asked for as "
                f"{self.style.answer}"
            )


def _joined(between: str, *parts: str) -> str:
    return between.join(part for part in parts if part)


def _known(speech: Terms, stage: str, seen: Mapping[str, float]) -> dict[str, str]:
    values = {**seen, **speech.game.derived(seen)}
    return speech.facts | speech.options(stage) | speech.say(values, exact=True)


def rules_text(wording: Wording, speech: Terms, role: str, stage: str, variant: int) -> str:
    """Write the rules for a role in one of the wordings of a stage, or of no stage."""
    texts = wording.rules_of(speech.game, role)
    questions = wording.paraphrases(speech.game, role, stage)[1] if stage else 1
    options = speech.options(stage or _first_stage(speech.game, role))
    return texts[variant // questions % len(texts)].format_map(speech.facts | options)


def question_text(
    wording: Wording, speech: Terms, stage: str, seen: Mapping[str, float], variant: int
) -> str:
    """Write the question of a stage in one of its wordings."""
    texts = wording.ask_of(speech.game, stage)
    return texts[variant % len(texts)].format_map(_known(speech, stage, seen))


def _first_stage(game: Game, role: str) -> str:
    return next((each.name for each in game.stages if game.decider(each.name) == role), "")
