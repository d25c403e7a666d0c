"""What the API and the pages share: errors, JSON, paging, limits, observation."""
