drop table localities;
drop table categories;
drop function category_parent;
drop function category_width;
