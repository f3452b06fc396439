"""What happened to each card: events, state, courier files, returns, counter, messages, ledger."""
