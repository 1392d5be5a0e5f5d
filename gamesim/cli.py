"""The ``gamesim`` command: arguments in, one call, text out."""

from __future__ import annotations

import sys
import warnings
from pathlib import Path
from typing import Annotated

import typer

from gamesim.command.keeping import cache_app
from gamesim.command.options import Allow, Json, PlotPath, Prompts, Quiet, References, Set, parameters
from gamesim.command.playing import PLAY_EXAMPLES, PlayCommand, play
from gamesim.command.prompts import prompts_app
from gamesim.errors import GamesimError, GamesimWarning

app = typer.Typer(
    name="gamesim",
    help="Economic games played by language models, people on record and strategies, and compared with people.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
app.add_typer(cache_app, name="cache")
mini_app = typer.Typer(
    help="The bundled stand-in for Be.FM.",
    no_args_is_help=True,
)
app.add_typer(mini_app, name="mini")
app.add_typer(prompts_app, name="prompts")

app.command(cls=PlayCommand, epilog=PLAY_EXAMPLES)(play)


@app.command(epilog="Example:  gamesim compare runs/pg --allow round --plot pg.png")
def compare(
    run: Annotated[Path, typer.Argument(help="Folder of a run.")],
    allow: Allow = None,
    votes: Annotated[str, typer.Option(help="One vote a 'subject' or one a 'decision'.")] = "subject",
    references: References = None,
    quiet: Quiet = False,
    json: Json = False,
    plot: PlotPath = None,
) -> None:
    """Compare a run with human records: the bundled ones, or your own."""
    from gamesim.command import show
    from gamesim.run import open_run

    show.check_plot(plot)
    opened = open_run(run)
    show.check_votes(votes)
    comparison = opened.compare(allow=frozenset(allow or ()), votes=votes, references=references)
    show.result(opened, comparison, quiet=quiet, json=json, plot=plot, played=False)


@app.command(epilog="Example:  gamesim series runs/pg --csv pg.csv --plot pg.svg")
def series(
    run: Annotated[Path, typer.Argument(help="Folder of a run, finished or not.")],
    csv: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write every measure of every round.")
    ] = None,
    plot: Annotated[Path | None, typer.Option(metavar="FILE", help="Draw them: .png, .svg or .pdf.")] = None,
    json: Json = False,
) -> None:
    """Print what went on from round to round."""
    from gamesim.command import rounds, show
    from gamesim.command.heading import print_head
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
        print_head(opened)
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
    """List the language models that can be asked from here."""
    from gamesim.command import modelling

    modelling.models(online=online, json=json)


@app.command()
def humans(
    record: Annotated[
        str, typer.Argument(help="Print this record in full: one of those listed, or your own JSON file.")
    ] = "",
) -> None:
    """List the human records, or print one."""
    from gamesim.command import listing

    listing.humans(record)


@app.command(name="show", epilog="Example:  gamesim show trust --set endowment=50")
def show_game(
    game: Annotated[
        str, typer.Argument(help="A game by name, the path of your own file, or the folder of a run.")
    ],
    set_: Set = None,
    wordings: Annotated[
        bool, typer.Option("--wordings", help="Print every equivalent text, not the first.")
    ] = False,
    prompts: Prompts = None,
) -> None:
    """Print a game as its players are told it, or a run."""
    if (Path(game) / "run.json").is_file():
        from gamesim.command import show

        show.report(Path(game))
        return
    from gamesim.command import listing

    listing.game(game, parameters(set_), every_wording=wordings, prompts=prompts)


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
    """Train the stand-in from scratch.

    Human records go in; it is measured on subjects it never saw.
    """
    from gamesim.command import listing

    listing.trained(records, out, seeds, steps)


@mini_app.command("figures")
def mini_figures() -> None:
    """Print what the stand-in was measured to do."""
    from gamesim.command import listing

    listing.figures()


def main() -> None:
    """Run the command; a user's mistake is one sentence and exit code 2, a run that was stopped is exit code 3."""
    # They stand among the notes that are printed with the result.
    warnings.simplefilter("ignore", GamesimWarning)
    try:
        app()
    except GamesimError as error:
        _complain(error)
        sys.exit(error.exit_code)
    except SystemExit as stop:
        # So Typer ends after Ctrl-C, without a word.
        if stop.code == 130:
            sys.stderr.write("gamesim: interrupted\n")
        raise


def _complain(what: GamesimError | str) -> None:
    # What a server or a model said may stand in the sentence.
    from gamesim.command.shown import printable

    sys.stderr.write(f"gamesim: {printable(what, lines=False)}\n")
