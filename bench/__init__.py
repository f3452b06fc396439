"""Where the README's figures come from: ours beside its peers, in one run."""
