"""What the command prints: runs, lists, transcripts."""
