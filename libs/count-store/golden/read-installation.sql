SELECT (SELECT id FROM installation) AS id,
       ARRAY(SELECT DISTINCT topic FROM coverage ORDER BY topic) AS topics
