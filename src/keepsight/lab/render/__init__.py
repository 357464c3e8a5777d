"""Report to terminal, JSON, SARIF, HTML, PDF."""
