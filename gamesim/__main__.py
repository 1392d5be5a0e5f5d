"""``python -m gamesim``."""

from gamesim.cli import main

if __name__ == "__main__":
    main()
