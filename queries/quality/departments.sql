-- purpose: what the departments are called
-- grain: department
-- params: none
-- columns: department_code, name
SELECT department_code, name
FROM dim_department
ORDER BY department_code
