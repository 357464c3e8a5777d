"""Checks of products, asked for in the pages: uploads, the lab as a confined process, reports."""
