-- purpose: service items whose prices moved in some months, with what the change brings in a year at the volume before it
-- grain: institution × item × month
-- params: first_month, last_month
-- columns: institution_code, item_code, name, month, old_price, new_price, volume, gained
SELECT f.institution_code, f.item_code, f.name, f.month, f.old_price, f.new_price, f.volume,
       (f.new_price - f.old_price) * f.volume AS gained
FROM fact_price_item f
JOIN dim_institution i ON i.institution_code = f.institution_code
WHERE f.month BETWEEN :first_month AND :last_month
  AND i.in_county
  AND i.community_code IS NOT NULL
ORDER BY f.institution_code, f.item_code, f.month
