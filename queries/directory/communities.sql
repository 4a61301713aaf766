-- purpose: the communities in their fixed order, which also fixes their colour
-- grain: one row per community
-- params: none
-- columns: community_code, name, short_name, display_order
SELECT community_code, name, COALESCE(short_name, name) AS short_name, display_order
FROM dim_community
ORDER BY display_order, community_code
