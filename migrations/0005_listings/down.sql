drop table listings;
drop function short_code;
drop sequence listing_numbers;
