SELECT hour, sum(counted) AS counted, sum(duplicates) AS duplicates, sum(conflicting) AS conflicting,
       sum(too_late) AS too_late, sum(dead) AS dead, sum(expired) AS expired,
       sum(replayed) AS replayed
FROM ledger
WHERE hour >= $1 AND hour < $2 AND ($3::int4 IS NULL OR partition = $3)
GROUP BY hour
ORDER BY hour
