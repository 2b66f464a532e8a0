package baseline

# limits are the names under data.limits that this set heeds.
limits := {"maxStep": {"is": "percent", "default": 50}}
