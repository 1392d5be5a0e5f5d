"""What agents by rule share: what others will do, what outcomes are worth, whom and what they learn from."""
