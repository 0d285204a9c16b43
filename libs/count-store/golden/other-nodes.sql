SELECT k.path
FROM unnest($1::text[], $2::text[]) AS given(path, data)
JOIN kept_nodes k ON k.path = given.path COLLATE "C"
WHERE k.data <> given.data
ORDER BY k.path
