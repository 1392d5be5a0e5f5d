"""The ``gamesim`` command: arguments in, one call, text out."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, ClassVar

import typer
from typer.core import TyperCommand

from gamesim.command.prompts import prompts_app
from gamesim.errors import GamesimError, GamesimWarning, NothingPlayedError, StoppedError

app = typer.Typer(
    name="gamesim",
    help="Economic games played by language models, people on record and strategies, and compared with people.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
cache_app = typer.Typer(
    help="The answers of served models that are kept on this machine.", no_args_is_help=True
)
app.add_typer(cache_app, name="cache")
mini_app = typer.Typer(
    help="The bundled tiny model that stands in for Be.FM: its figures, and training it.",
    no_args_is_help=True,
)
app.add_typer(mini_app, name="mini")
app.add_typer(prompts_app, name="prompts")

Set = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="A parameter of the game; may be repeated."),
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document instead of tables.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Print nothing but the folder of the run.")]
PlotPath = Annotated[
    Path | None,
    typer.Option(
        "--plot",
        metavar="FILE",
        help="Draw the distributions, or, on a network, the last round and all rounds: .png or .svg.",
    ),
]
Prompts = Annotated[
    Path | None, typer.Option("--prompts", metavar="DIR", help="Folder of texts (see `gamesim prompts`).")
]
Allow = Annotated[
    list[str] | None,
    typer.Option(
        "--allow",
        metavar="WHAT",
        help="Compare although this differs: round, stake, method, parameters, given, range, society; may be repeated.",
    ),
]


class PlayCommand(TyperCommand):
    """`play`, whose many options are listed under headings; one that is in none of them stands under the last."""

    sections: ClassVar[dict[str, tuple[str, ...]]] = {
        "Arguments": ("game",),
        "Who plays, and for how long": (
            *(
                "agents",
                "n",
                "sessions",
                "rounds",
                "continuation",
                "supergames",
                "seed",
                "seat",
                "personas",
                "set_",
            ),
        ),
        "Who meets whom, when they decide and what they know": (
            *("matching", "network", "placement", "rewire", "roles"),
            *("update", "sensitivity", "neighbours", "reputation"),
        ),
        "Language models": (
            *("prompts", "fixed_wording", "require_weights", "download"),
            *("max_cost", "max_tokens", "max_time", "cache", "dry_run", "resume"),
        ),
        "What comes of it": (),
    }

    def format_options(self, ctx: typer.Context, formatter: Any) -> None:  # type: ignore[override]
        """Write one section after another."""
        told = {each.name: each.get_help_record(ctx) for each in self.get_params(ctx)}
        placed = {name for names in self.sections.values() for name in names}
        for heading, names in self.sections.items():
            written = names or [name for name in told if name not in placed]
            with formatter.section(heading):
                formatter.write_dl([told[name] for name in written])


@app.command(
    cls=PlayCommand,
    epilog="\b\nExamples:\n"
    "  gamesim play ultimatum --agents befm\n"
    "  gamesim play ultimatum --agents me,befm\n"
    "  gamesim play trust --agents investor=befm,trustee=human --set endowment=50\n"
    "  gamesim play dictator --agents openai:gpt-5.4-mini --personas people.csv\n"
    "  gamesim play public_goods --agents uniform:0.5,spe:0.5 --rounds 10 --sessions 5\n"
    "  gamesim play prisoners_dilemma --agents imitate_best --network lattice:side=40 \\\n"
    "    --rounds 20 --plot map.png",
)
def play(
    game: Annotated[
        str, typer.Argument(help="A game by name (see `gamesim games`), or the path of your own file.")
    ],
    agents: Annotated[
        str, typer.Option(help="Who plays: a, b, a:0.3,b:0.7, or seat=a,seat=b (see `gamesim agents`).")
    ] = "befm",
    n: Annotated[
        int | None, typer.Option(help="Number of agents a session; each game has its default.")
    ] = None,
    rounds: Annotated[int, typer.Option(help="Rounds.")] = 1,
    sessions: Annotated[int, typer.Option(help="Independent sessions, played side by side.")] = 1,
    matching: Annotated[
        str | None,
        typer.Option(
            help="stranger, perfect_stranger, partner, round_robin, assortative, assortative_type; on a network edges, "
            "neighbourhoods (one choice for all), separate_edges, separate_neighbourhoods, random_neighbour."
        ),
    ] = None,
    network: Annotated[
        str | None,
        typer.Option(
            metavar="SPEC",
            help="Who is next to whom: a networkx generator such as watts_strogatz:n=400,k=6,p=0.1, lattice:side=100, "
            "karate_club, or a file.",
        ),
    ] = None,
    update: Annotated[
        str,
        typer.Option(
            help="Who decides anew in a round: synchronous, sequential[:SHARE], death_birth[:SHARE]."
        ),
    ] = "synchronous",
    sensitivity: Annotated[
        str | None,
        typer.Option(
            metavar="WHAT", help="Play again under another schedule and show the difference: update."
        ),
    ] = None,
    continuation: Annotated[
        float, typer.Option(help="Probability that another round follows, instead of --rounds.")
    ] = 0.0,
    supergames: Annotated[
        int | None, typer.Option(help="Games of such length, one after another, with new groups.")
    ] = None,
    neighbours: Annotated[
        str, typer.Option(help="What neighbours see of each other: nothing, actions or earnings.")
    ] = "earnings",
    rewire: Annotated[
        str | None,
        typer.Option(
            metavar="SPEC",
            help="How the network changes between rounds: random:share=0.1, growth:m=2,attach=preferential, "
            "strategic:share=0.3,error=0.",
        ),
    ] = None,
    reputation: Annotated[
        str, typer.Option(help="What players know of those they meet: none, partner, image or list.")
    ] = "none",
    roles: Annotated[
        str, typer.Option(help="fixed for the session, or random: drawn anew in every round.")
    ] = "fixed",
    placement: Annotated[
        str, typer.Option(help="Which agents sit on which nodes: random, clustered or degree.")
    ] = "random",
    seed: Annotated[int, typer.Option(help="Every draw follows from it.")] = 0,
    seat: Annotated[str, typer.Option(help="The seat that `me` takes; the first one unless given.")] = "",
    prompts: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Prompt pack that language models read (see `gamesim prompts`)."),
    ] = None,
    fixed_wording: Annotated[
        bool,
        typer.Option(
            "--fixed-wording", help="All read one wording, options in one order; varied unless said."
        ),
    ] = False,
    personas: Annotated[
        str | None,
        typer.Option(
            metavar="FILE",
            help="Who the agents are: a .csv or .toml with one person a row, or `bigfive` to draw them.",
        ),
    ] = None,
    set_: Set = None,
    out: Annotated[Path | None, typer.Option(help="Folder of the run; runs/GAME-TIME unless given.")] = None,
    quiet: Quiet = False,
    json: Json = False,
    plot: PlotPath = None,
    require_weights: Annotated[
        bool,
        typer.Option("--require-weights", help="Refuse a stand-in for a model that is not on this machine."),
    ] = False,
    download: Annotated[
        bool, typer.Option("--download", help="Fetch weights that are not on this machine.")
    ] = False,
    max_cost: Annotated[
        float | None, typer.Option(help="Stop before served models cost more US dollars.")
    ] = None,
    max_tokens: Annotated[
        float | None, typer.Option(help="Stop before they read and write more tokens.")
    ] = None,
    max_time: Annotated[str, typer.Option(metavar="TIME", help="Stop after 90s, 30m or 2h.")] = "",
    cache: Annotated[bool, typer.Option(help="Read and keep the answers of served models.")] = True,
    dry_run: Annotated[
        bool,
        typer.Option(
            "--dry-run", help="Send nothing; say how many calls, tokens, dollars and seconds it takes."
        ),
    ] = False,
    resume: Annotated[
        bool,
        typer.Option("--resume", help="Take up the same run where it was cut off; nothing is paid twice."),
    ] = False,
) -> None:
    """Play one game and compare what happened with people."""
    from gamesim import sensitivity as varied
    from gamesim.command import show
    from gamesim.population import KEYBOARD
    from gamesim.run import play as play_game
    from gamesim.spec import parse

    folder = out if out is not None else show.default_folder(game)
    if resume and out is None:
        folder = show.unfinished(game, agents, seed) or folder
    show.check_plot(plot)
    if sensitivity is not None:
        varied.check_choice(sensitivity, rounds, continuation)
    # A bar that is redrawn all the time would write over what the person at the keyboard is asked.
    asked = any(item.agent == KEYBOARD for item in parse(agents))
    loud = not (quiet or json)
    told: list[str] = []

    def announce(notes: Sequence[str]) -> None:
        told.extend(notes)
        if loud:
            show.notes(notes)

    settings: dict[str, Any] = {
        "n": n,
        "rounds": rounds,
        "sessions": sessions,
        "matching": matching,
        "network": network,
        "update": update,
        "continuation": continuation,
        "supergames": supergames,
        "neighbours": neighbours,
        "rewire": rewire,
        "reputation": reputation,
        "roles": roles,
        "placement": placement,
        "seed": seed,
        "seat": seat,
        "personas": personas,
        "prompts": prompts,
        "fixed_wording": fixed_wording,
        "out": folder,
        "require_weights": require_weights,
        "download": download,
        "resume": resume,
        "max_cost": max_cost,
        "max_tokens": max_tokens,
        "max_seconds": _seconds(max_time),
        "cache": cache,
        "dry_run": dry_run,
        **_settings(set_),
    }
    with _saying_how_to_go_on(cache), show.progress(loud and not asked) as advance:
        run = play_game(game, agents, announce=announce, progress=advance, **settings)
    if dry_run:
        show.forecast(run)
        return
    show.result(run, run.compare(), quiet=quiet, json=json, plot=plot, played=True, told=told)
    if sensitivity is not None:
        schedule, enough = varied.other_schedule(update, rounds, run.settings.n)
        settings |= {"update": schedule, "rounds": enough, "out": folder / "other-update"}
        with show.progress(loud and not asked) as advance:
            show.differences(varied.by_update(run, play_game(game, agents, progress=advance, **settings)))
    if not run.answered:
        raise NothingPlayedError(f"{folder}: not one valid decision was made: {show.missing(run)}")


@app.command(epilog="Example:  gamesim compare runs/pg --allow round --plot pg.png")
def compare(
    run: Annotated[Path, typer.Argument(help="Folder of a run.")],
    allow: Allow = None,
    votes: Annotated[str, typer.Option(help="One vote a 'subject' or one a 'decision'.")] = "subject",
    quiet: Quiet = False,
    json: Json = False,
    plot: PlotPath = None,
) -> None:
    """Compare a run with the bundled human records."""
    from gamesim.command import show
    from gamesim.run import open_run

    show.check_plot(plot)
    opened = open_run(run)
    show.check_votes(votes)
    comparison = opened.compare(allow=frozenset(allow or ()), votes=votes)
    show.result(opened, comparison, quiet=quiet, json=json, plot=plot, played=False)


@app.command(epilog="Example:  gamesim series runs/pg --csv pg.csv --plot pg.svg")
def series(
    run: Annotated[Path, typer.Argument(help="Folder of a run, finished or not.")],
    csv: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write every measure of every round.")
    ] = None,
    plot: Annotated[Path | None, typer.Option(metavar="FILE", help="Draw them: .png or .svg.")] = None,
    json: Json = False,
) -> None:
    """Print what went on from round to round: means, efficiency, inequality, assortment."""
    from gamesim.command import rounds, show
    from gamesim.run import open_run

    show.check_plot(plot)
    opened = open_run(run)
    if csv is not None:
        rounds.write_csv(opened, csv)
    if plot is not None:
        opened.plot_series(plot)
    if json:
        sys.stdout.write(f"{rounds.as_json(opened)}\n")
    else:
        rounds.print_rounds(opened)


@app.command(epilog="Example:  gamesim replay runs/pg --group 0 --round 2")
def replay(
    run: Annotated[Path, typer.Argument(help="Folder of a run, finished or not.")],
    group: Annotated[int | None, typer.Option(help="Only this group.")] = None,
    session: Annotated[int | None, typer.Option(help="Only this session.")] = None,
    round_: Annotated[int | None, typer.Option("--round", help="Only this round.")] = None,
    agent: Annotated[int | None, typer.Option(help="Only what this agent did.")] = None,
    full: Annotated[
        bool, typer.Option("--full", help="Print every text each time, not once a player.")
    ] = False,
    json: Json = False,
) -> None:
    """Print what each player read, said and did."""
    from gamesim.command.replay import as_json, as_text, turns
    from gamesim.run import open_run

    opened = open_run(run)
    played = turns(opened, session=session, round=round_, group=group, agent=agent)
    if json:
        sys.stdout.write(f"{as_json(opened, played)}\n")
        return
    for line in as_text(opened, played, full=full):
        sys.stdout.write(f"{line}\n")


@app.command()
def games() -> None:
    """List the games."""
    from gamesim.command import listing

    listing.games()


@app.command()
def agents(
    name: Annotated[str, typer.Argument(help="Print the options of this agent.")] = "",
) -> None:
    """List the agents, or the options of one."""
    from gamesim.command import listing

    listing.agents(name)


@app.command()
def models(
    online: Annotated[
        bool,
        typer.Option("--online", help="Ask OpenAI too, where a key is set; otherwise it is not contacted."),
    ] = False,
    json: Json = False,
) -> None:
    """List the language models that can be asked from here, as they are written after --agents."""
    from gamesim.command import modelling

    modelling.models(online=online, json=json)


@app.command()
def humans(
    record: Annotated[str, typer.Argument(help="Print this record in full.")] = "",
) -> None:
    """List the human records: who decided what, how many, under which rules."""
    from gamesim.command import listing

    listing.humans(record)


@app.command(name="show", epilog="Example:  gamesim show trust --set endowment=50")
def show_game(
    game: Annotated[str, typer.Argument(help="A game by name, or the path of your own file.")],
    set_: Set = None,
    wordings: Annotated[
        bool, typer.Option("--wordings", help="Print every equivalent text, not the first.")
    ] = False,
    prompts: Prompts = None,
) -> None:
    """Print the rules of a game and exactly what each player is told."""
    from gamesim.command import listing

    listing.game(game, _settings(set_), every_wording=wordings, prompts=prompts)


Model = Annotated[str | None, typer.Option(help="Only this model's; all unless given.")]


@cache_app.command("show")
def cache_show() -> None:
    """Show what is kept, model by model."""
    from gamesim.command import listing

    listing.kept()


@cache_app.command("export", epilog="Example:  gamesim cache export replies.jsonl --model gpt-5.4-mini")
def cache_export(
    file: Annotated[Path, typer.Argument(help="File for the answers, one JSON object a line.")],
    model: Model = None,
) -> None:
    """Write the kept prompts and answers to a file."""
    from gamesim.command import listing

    listing.export(file, model)


@cache_app.command("prune", epilog="Example:  gamesim cache prune --older-than 90")
def cache_prune(
    model: Model = None,
    older_than: Annotated[float | None, typer.Option(metavar="DAYS", help="Only what is older.")] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask before everything is deleted.")] = False,
) -> None:
    """Delete kept answers."""
    from gamesim.command import listing

    if model is None and older_than is None and not yes:
        raise GamesimError(
            "cache prune: this would delete every kept answer; say --yes, --model or --older-than"
        )
    listing.prune(model, older_than)


@mini_app.command("train", epilog="Example:  gamesim mini train --records moblab --out mini-new --seeds 3")
def mini_train(
    records: Annotated[
        Path,
        typer.Option(
            help="Folder with joint.csv.gz, dictator.csv.gz and bomb_risk.csv.gz (see the model card)."
        ),
    ],
    out: Annotated[Path, typer.Option(help="Folder for the new model and its figures.")] = Path("mini-new"),
    seeds: Annotated[int, typer.Option(min=1, help="How many models are trained; the best is kept.")] = 3,
    steps: Annotated[int | None, typer.Option(min=1, help="Steps of each; fewer for a trial.")] = None,
) -> None:
    """Train the stand-in from scratch on human records, and measure it on subjects it never saw."""
    from gamesim.command import listing

    listing.trained(records, out, seeds, steps)


@mini_app.command("figures")
def mini_figures() -> None:
    """Print what the bundled stand-in was measured to do, on subjects it never saw."""
    from gamesim.command import listing

    listing.figures()


def main() -> None:
    """Run the command; a user's mistake is one sentence and exit code 2, a run that was stopped is exit code 3."""
    # They stand among the notes that are printed with the result.
    warnings.simplefilter("ignore", GamesimWarning)
    try:
        app()
    except StoppedError as error:
        _complain(error)
        sys.exit(3)
    except NothingPlayedError as error:
        _complain(error)
        sys.exit(1)
    except GamesimError as error:
        _complain(error)
        sys.exit(2)
    except SystemExit as stop:
        # So Typer ends after Ctrl-C, without a word.
        if stop.code == 130:
            sys.stderr.write("gamesim: interrupted; what was played so far is in the run folder\n")
        raise


@contextmanager
def _saying_how_to_go_on(cache: bool) -> Iterator[None]:
    """Tell whoever is stopped what taking the run up again would ask for once more."""
    try:
        yield
    except StoppedError as error:
        again = "goes on from here" if cache else "asks for everything again, since --no-cache kept no answer"
        raise StoppedError(f"{error}; the same command with --resume {again}") from None


def _complain(what: GamesimError | str) -> None:
    # What a server or a model said may stand in the sentence.
    from gamesim.command.shown import printable

    sys.stderr.write(f"gamesim: {printable(what, lines=False)}\n")


def _seconds(text: str) -> float | None:
    """Read a time such as 90s, 30m or 2h; a bare number is seconds."""
    if not text:
        return None
    units = {"s": 1, "m": 60, "h": 3600}
    number, unit = (text[:-1], text[-1]) if text[-1] in units else (text, "s")
    try:
        return float(number) * units[unit]
    except ValueError:
        raise GamesimError(f"--max-time {text}: write a time such as 90s, 30m or 2h") from None


def _settings(pairs: list[str] | None) -> dict[str, str]:
    settings = {}
    for pair in pairs or ():
        name, sign, value = pair.partition("=")
        if not sign or not name or not value:
            raise GamesimError(f"--set {pair}: write --set KEY=VALUE")
        settings[name.strip()] = value.strip()
    return settings
