"""Where releases go, and how they get there: records first, then servers, then traffic."""
