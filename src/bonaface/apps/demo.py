"""``make demo``: learn one man, swap him into two clips and a painting, verify, measure, and show.

With ``--draft`` it ends at the first sealed draft: torch, which only the network's training needs, is got after that.

Everything goes into one folder (``demo-out``, or the one that ``BONAFACE_DEMO_OUT`` names), its people included: your
own people are left alone. What is up to date is kept, so that a second run takes seconds.
"""

from __future__ import annotations

import os
import sys
import time
from importlib.util import find_spec
from math import nan
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bonaface.apps.examples import DRAFT, HELD_OUT, LEARNED, NAME, PINNED, TARGETS, Target, examples_folder
from bonaface.apps.exits import FAILED, INTERRUPTED
from bonaface.apps.kept import Kept, sum_of, sum_of_program
from bonaface.apps.options import PAINTED_BY
from bonaface.apps.pace import Pace
from bonaface.apps.terminal import Terminal, seconds_text, sentence_of
from bonaface.terms.errors import BonafaceError, SealError
from bonaface.terms.permit import tell_consent

if TYPE_CHECKING:
    from bonaface.apps.scorecard import Score, Seen

SHEET, EXAMINED = "contact-sheet.png", "single_face.mp4"
MINUTES = 1.0
"""Of training the network: a laptop shows a difference after one."""


def main() -> None:
    """Run the demo and leave with its exit code."""
    folder = Path(os.environ.get("BONAFACE_DEMO_OUT") or "demo-out")
    pace = Pace(steps=9 + len(TARGETS))
    terminal = Terminal(debug="--debug" in sys.argv[1:])
    try:
        Demo(folder, pace, terminal).run(draft_only="--draft" in sys.argv[1:])
    except BonafaceError as error:
        terminal.fail(error, f"The demo stopped at {pace.current!r}: {sentence_of(error)}", error.exit_code)
        raise SystemExit(error.exit_code) from None
    except OSError as error:
        where = f" ({error.filename})" if error.filename else ""
        terminal.fail(error, f"The demo stopped at {pace.current!r}: {error.strerror or error}{where}.", FAILED)
        raise SystemExit(FAILED) from None
    except KeyboardInterrupt:
        terminal.complain("Stopped. Run it again to go on: what is done is kept.")
        raise SystemExit(INTERRUPTED) from None


class Demo:
    """One run into one folder."""

    def __init__(self, folder: Path, pace: Pace, terminal: Terminal) -> None:
        self.out, self.home = folder, folder / "home"
        self.pace, self.terminal = pace, terminal
        self.kept = Kept(folder / "kept.json")
        self.began_s = time.monotonic()

    def run(self, *, draft_only: bool = False) -> None:
        """Do all steps, or only those up to the first sealed draft, and print what came of them.

        Raises:
            BonafaceError: a step failed. MissingFileError: the example media are not there.
        """
        self.pace.say("bonaface demo: everything stays on this machine and in " + str(self.out))
        examples = examples_folder()
        self._check(examples)
        self._add(examples)
        self._train()
        self._draft(examples)
        if draft_only:
            return
        self._paint()
        made = {target.file: self._swap(examples, target) for target in TARGETS}
        speaking = self._perform(examples)
        self._verify([*(Path(facts["output"]) for facts in made.values()), speaking])
        self._examine(examples, made)
        scores = self._measure(examples, made)
        self._tell(made, scores)

    def _check(self, examples: Path) -> None:
        with self.pace.step("looking at this machine", 5):
            from bonaface.verbs.doctor import doctor

            self.program, self.measures = sum_of_program("apps", "bench"), sum_of_program()
            self.sums = {path.name: sum_of(path) for path in sorted(examples.glob("*/*")) if path.is_file()}
            health = doctor(self.home)
            for part in health.parts:
                if part.needed and not part.works:
                    self.pace.note(f"MISSING {part.name}: {part.found}; {part.cure}")
            self.pace.note(f"bonaface {health.version}, {health.machine}, no network needed")
            self.out.mkdir(parents=True, exist_ok=True)

    def _add(self, examples: Path) -> None:
        with self.pace.step(f"person add: what the man of {LEARNED} looks like", 60):
            from bonaface.people.store import load_person
            from bonaface.verbs.person import add_person

            consent = examples / "consent" / f"{NAME}.toml"
            key = [self.program, self.sums[LEARNED], self.sums[consent.name]]
            facts = self.kept.find("person", key)
            if facts is None:
                with self.terminal.progress() as progress:
                    report = add_person(
                        NAME, [examples / "media" / LEARNED], consent=consent, home=self.home, force=True,
                        progress=progress,
                    )  # fmt: skip
                person = load_person(NAME, self.home)
                facts = {"crops": report.crops, "statement": report.statement, "sheet": str(report.sheet)}
                self.kept.keep("person", key, [person.face_set_path, person.consent_path], facts)
            else:
                self.pace.kept()
            self.person, self.face_set = facts, key
            self.pace.note(f"{facts['crops']} pictures; {facts['statement']}; what they cover: {facts['sheet']}")

    def _train(self) -> None:
        with self.pace.step("train: their avatar", 40):
            from bonaface.people.store import load_person
            from bonaface.verbs.train import train

            facts = self.kept.find("avatar", self.face_set)
            if facts is None:
                with self.terminal.progress() as progress:
                    trained = train(NAME, minutes=0, home=self.home, progress=progress)
                facts = {"seconds": trained.seconds, "quality": trained.quality}
                self.kept.keep("avatar", self.face_set, [trained.avatar], facts)
            else:
                self.pace.kept()
            self.avatar = sum_of(load_person(NAME, self.home).avatar_path)
            held_out = ", ".join(f"{name.replace('_', ' ')} {value:.3g}" for name, value in facts["quality"].items())
            self.pace.note(f"learned in {seconds_text(facts['seconds'])}; on pictures held out: {held_out}")

    def _paint(self) -> None:
        with self.pace.step("train: the network that paints mouth and eyes", 110):
            from bonaface.people.store import load_person
            from bonaface.verbs.train import train

            person, key = load_person(NAME, self.home), [self.avatar, str(MINUTES), str(find_spec("torch") is not None)]
            facts = self.kept.find("painting", key)
            if facts is None:
                with self.terminal.progress() as progress:
                    painting = train(NAME, minutes=MINUTES, resume=True, home=self.home, progress=progress).painting
                if painting is None:
                    raise BonafaceError("Nothing was painted; run bonaface doctor to see what is missing.")
                facts = {"kept": painting.kept, "error": painting.error, "remarks": painting.remarks}
                self.kept.keep("painting", key, [person.painting_path], facts)
            else:
                self.pace.kept()
            self.avatar += sum_of(person.painting_path)
            for part, (avatar, network) in facts["error"].items():
                who = PAINTED_BY[facts["kept"][part]]
                self.pace.note(f"{part}: painted by {who} (held out, {avatar:.2f} off alone, {network:.2f} painted)")
            for remark in facts["remarks"]:
                self.pace.note(remark)
            self.pace.note(f"how it learned, picture by picture: {person.lesson_path}")

    def _draft(self, examples: Path) -> None:
        with self.pace.step(f"swap --preview: a first look at {DRAFT}", 20):
            facts = self._swapped(examples, DRAFT, preview=True)
            since = seconds_text(time.monotonic() - self.began_s)
            self.pace.note(f"first draft, {since} after the beginning: {facts['output']}")

    def _swap(self, examples: Path, target: Target) -> dict[str, Any]:
        with self.pace.step(f"swap: {target.file} ({target.shows})", target.budget_s):
            facts = self._swapped(examples, target.file, preview=False)
            self.pace.note(f"sealed: {facts['output']}")
            if facts["frames"] > 1:
                lost = f", face lost in {facts['held'] + facts['hidden']}" if facts["held"] or facts["hidden"] else ""
                self.pace.note(f"{facts['swapped']} of {facts['frames']} frames swapped{lost}")
            for remark in facts["remarks"]:
                self.pace.note(remark)
            return facts

    def _perform(self, examples: Path) -> Path:
        with self.pace.step("swap --perform: the Mona Lisa, from one picture, laughs as the actress does", 50):
            from bonaface.apps.portrait import PERFORMER, PICTURE, let_perform

            made_from = [self.program, self.sums[PICTURE], self.sums[PERFORMER]]
            facts = let_perform(examples, self.out, self.home, self.kept, made_from, self.terminal)
            if facts["kept"]:
                self.pace.kept()
            self.pace.note(f"sealed: {facts['output']}")
            for remark in facts["remarks"]:
                self.pace.note(remark)
            return Path(facts["output"])

    def _swapped(self, examples: Path, file: str, *, preview: bool) -> dict[str, Any]:
        from bonaface.verbs.swap import swap

        name, key = f"{'preview' if preview else 'swap'} {file}", [self.program, self.avatar, self.sums[file]]
        facts = self.kept.find(name, key)
        if facts is not None:
            self.pace.kept()
            return facts
        with self.terminal.progress() as progress:
            (outcome,) = swap(
                NAME, examples / "media" / file, out=self.out, home=self.home, preview=preview, force=True,
                progress=progress,
            )  # fmt: skip
        if outcome.error is not None:
            raise outcome.error
        made = outcome.swapped
        if made is None:
            raise BonafaceError(f"Nothing came of {file}; run bonaface doctor to see what is missing.")
        facts = {
            "output": str(made.output), "frames": made.frames, "swapped": made.swapped, "held": made.held,
            "hidden": made.hidden, "remarks": list(made.remarks), "statement": made.statement,
            "purpose": made.purpose, "frames_per_s": made.frames / max(outcome.seconds, 1e-9),
        }  # fmt: skip
        self.kept.keep(name, key, [made.output], facts)
        return facts

    def _verify(self, outputs: list[Path]) -> None:
        with self.pace.step("verify: read the seals back", 5):
            from bonaface.verbs.verify import verify

            for one in verify(outputs, home=self.home):
                said = one.sentences()
                self.pace.note(f"{one.path.name}: {said[0]} {said[-1]}")
                if one.exit_code:
                    raise SealError(f"The seal of {one.path} did not read back; delete {self.out} and run it again.")

    def _examine(self, examples: Path, made: dict[str, dict[str, Any]]) -> None:
        with self.pace.step("check: its own swap, and the clip as it was", 10):
            from bonaface.apps.examined import examine

            both = Path(made[EXAMINED]["output"]), examples / "media" / EXAMINED
            facts = examine(*both, self.out, self.home, self.kept, self.program, self.terminal)
            if facts["kept"]:
                self.pace.kept()
            for sentence in facts["said"]:
                self.pace.note(sentence)
            self.pace.note(f"why, and how sure: {facts['report']}")

    def _measure(self, examples: Path, made: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
        with self.pace.step("measure, and lay out a contact sheet", 60):
            outputs = [Path(facts["output"]) for facts in made.values()]
            key = [self.measures, self.sums[HELD_OUT], *map(sum_of, outputs)]
            facts = self.kept.find("figures", key)
            if facts is not None:
                self.pace.kept()
                return facts
            with self.terminal.progress() as progress:
                from bonaface.apps.poster import release_poster
                from bonaface.apps.scorecard import Judgement, short_plans

                media = examples / "media"
                plans = short_plans()
                judgement = Judgement(media / LEARNED, media / HELD_OUT, plans[PINNED], progress)
                found: dict[str, tuple[Score, Seen]] = {}
                for target, output in zip(TARGETS, outputs, strict=True):
                    if target.pinned is None:
                        found[target.file] = judgement.of_still(output, media / target.file)
                    else:
                        found[target.file] = judgement.of_clip(output, media / target.file, plans[target.pinned])
                    self.pace.note(f"measured {output.name}")
            columns = {target.file: target.columns for target in TARGETS}
            sheet = release_poster(
                {name: seen for name, (_, seen) in found.items()}, columns, self.out / SHEET, self.home
            )
            facts = {name: score.facts() for name, (score, _) in found.items()}
            self.kept.keep("figures", key, [sheet], facts)
            return facts

    def _tell(self, made: dict[str, dict[str, Any]], scores: dict[str, dict[str, Any]]) -> None:
        from bonaface.apps.scorecard import Score, scores_text

        say = self.pace.say
        say("\nWhat was measured, on the sealed files, by judges that had no say in making them (docs/measures.md)\n")
        # Of a picture there is no rate: most of its time goes into the beginning.
        rates = {file: facts["frames_per_s"] if facts["frames"] > 1 else nan for file, facts in made.items()}
        say(scores_text({file: Score(**figures) for file, figures in scores.items()}, rates))
        said = tell_consent(self.person["statement"])
        say(f"\n{said[0].upper()}{said[1:]} (media-licence; see examples/media/NOTICE.md).")
        say("\nSealed files:")
        for facts in made.values():
            say(f"  {facts['output']}")
        say(f"  {self.out / SHEET}   (target, swap and person one above the other)")
        say(f"\nAll in all {seconds_text(time.monotonic() - self.began_s)}. Now with your own clips:\n")
        say(NEXT)


NEXT = """  . .venv/bin/activate
  bonaface person add anna CLIPS... --consent anna.toml   # the consent file: docs/consent-file.md
  bonaface train anna                                     # seconds; says how good it is on pictures held out
  bonaface swap anna FILM.mp4 --preview                   # nine frames on a sheet, in seconds
  bonaface swap anna FILM.mp4
  bonaface verify FILM.anna.mp4
Every command says more with --help; docs/cli.md has them all, docs/api.md the same from Python."""


if __name__ == "__main__":
    main()
