SELECT coalesce(max((SELECT count(*) FROM unnest(covered))), 0)::int4 AS most FROM coverage
