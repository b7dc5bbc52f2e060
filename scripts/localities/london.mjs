// GeoNames puts all of London into one "Greater London". Which borough each of its places lies in: our own table, by knowledge of
// London. A place on a boundary goes to the borough that holds its middle. `Name@51.5` tells two places of one name apart by
// latitude, rounded to one decimal.

const BOROUGHS = {
  'Barking and Dagenham': 'Barking; Becontree; Chadwell Heath; Dagenham',
  'Barnet': `Barnet; Cockfosters; East Barnet; Edgware; Edgwarebury; Finchley; Friern Barnet; Golders Green; Hendon; High Barnet;
    New Barnet; Totteridge`,
  'Bexley': 'Belvedere; Bexley; Bexleyheath; Erith; Sidcup; Thamesmead; Welling',
  'Brent': 'Cricklewood; Harlesden; Kensal Green; Kilburn; Sudbury; Wembley; Willesden',
  'Bromley': `Beckenham; Bickley; Biggin Hill; Bromley; Chelsfield; Chislehurst; Crystal Palace; Farnborough; Hayes@51.4; Mottingham;
    Orpington; Shortlands; West Wickham`,
  'Camden': `Belsize Park; Camden Town; Chalk Farm; Highgate; Holborn; King's Cross`,
  'City of London': 'Barbican; City of London',
  'Croydon': `Coulsdon; Croydon; Kenley; Norbury; Purley; Sanderstead; Shirley; South Croydon; South Norwood; Thornton Heath;
    Upper Norwood`,
  'Ealing': 'Acton; Ealing; Ealing Common; Greenford; Northolt; Southall; West Ealing',
  'Enfield': `Edmonton; Enfield Lock; Enfield Town; Hadley Wood; Oakwood; Palmers Green; Ponders End; Southgate; World's End`,
  'Greenwich': `Abbey Wood; Blackheath Westcombe; Charlton; Eltham; Greenwich; Kidbrooke; Plumstead; Woolwich`,
  'Hackney': 'Hackney; Stamford Hill',
  'Hammersmith and Fulham': 'Fulham; Hammersmith; Shepherds Bush',
  'Haringey': `Crouch End; Harringay; Hornsey; Muswell Hill; Northumberland Park; Seven Sisters; St. Ann's; Stroud Green; Tottenham;
    Tottenham Hale; Wood Green`,
  'Harrow': `Belmont@51.6; Greenhill; Harrow; Harrow on the Hill; Harrow Weald; Hatch End; Headstone; Pinner; Stanmore; Wealdstone`,
  'Havering': 'Collier Row; Cranham; Elm Park; Emerson Park; Harold Wood; Hornchurch; Rainham; Romford; Upminster',
  'Hillingdon': `Harefield; Hayes@51.5; Hillingdon; Ickenham; Northwood; Northwood Hills; Ruislip; Ruislip Manor; South Harefield;
    South Ruislip; Uxbridge; West Drayton`,
  'Hounslow': 'Brentford; Chiswick; Cranford; Feltham; Hanworth; Heston; Hounslow; Isleworth; Osterley',
  'Islington': 'Archway; Barnsbury; Canonbury; Clerkenwell; Highbury; Holloway; Islington',
  'Kensington and Chelsea': 'Chelsea; Earls Court; Kensington; Notting Hill',
  'Kingston upon Thames': 'Chessington; Hook; Kingston upon Thames; New Malden; Norbiton; Surbiton; Tolworth',
  'Lambeth': 'Brixton; Brixton Hill; Gipsy Hill; Kennington; Lambeth; Streatham',
  'Lewisham': 'Blackheath; Brockley; Catford; Crofton Park; Forest Hill; Ladywell; Lee; Lewisham; New Cross; Perry Vale',
  'Merton': 'Mitcham; Morden; Wimbledon; Wimbledon Park',
  'Newham': 'Canning Town; East Ham; Manor Park; Stratford; West Ham',
  'Redbridge': `Barkingside; Goodmayes; Hainault; Ilford; Monkhams; Newbury Park; Snaresbrook; Wanstead; Woodford Green`,
  'Richmond upon Thames': 'Barnes; East Sheen; Hampton; Hampton Wick; Kew; Mortlake; Richmond; Teddington; Twickenham',
  'Southwark': 'Camberwell; East Dulwich; Peckham; Rotherhithe',
  'Sutton': 'Belmont@51.3; Carshalton; Cheam; St. Helier; Sutton; Wallington; Worcester Park',
  'Tower Hamlets': 'Bethnal Green; Blackwall; Bow; Canary Wharf; Limehouse; Poplar; Shadwell; Spitalfields; Stepney; Whitechapel',
  'Waltham Forest': 'Chingford; Highams Park; Leyton; Leytonstone; Walthamstow',
  'Wandsworth': `Balham; Battersea; Clapham Junction; Earlsfield; Furzedown; Latchmere; Putney; Queenstown; Roehampton; Tooting;
    Wandsworth`,
  'Westminster': `Abbey Road; Bayswater; Church Street; City of Westminster; Harrow Road; Hyde Park; Knightsbridge and Belgravia;
    Lancaster Gate; Little Venice; Maida Hill; Marylebone; Pimlico; Queen's Park; Regent's Park; Soho; St James's; Vincent Square;
    West End; Westbourne`,
};

const BOROUGH_OF = new Map(Object.entries(BOROUGHS).flatMap(([borough, places]) =>
  places.split(';').map((place) => [place.trim(), borough])));

/** The borough of a London place, or undefined when the table does not know it. */
export function boroughOf(place) {
  return BOROUGH_OF.get(`${place.name}@${place.lat.toFixed(1)}`) ?? BOROUGH_OF.get(place.name);
}
