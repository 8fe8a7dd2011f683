"""Speed, as ratios within one process: `make bench`. No test depends on it."""
