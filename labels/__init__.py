"""Labels for the mail: what stands on one, its two codes, and drawing it for sheets, rolls and printers."""
