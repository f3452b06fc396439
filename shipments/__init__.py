"""What we send: cards, the backlog, shipments to post offices, numbers, manifests, handover."""
