"""Interview labs for ML engineers: build, grade, regrade, audit and report."""
