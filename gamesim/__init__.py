"""The gamesim package: economic games played by models, people on record and strategies."""
