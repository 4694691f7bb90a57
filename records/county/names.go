package county

import "math/rand/v2"

// Names are obviously invented: ordinary forenames, and surnames that nobody
// has. A name of the demo county met anywhere else is at once known for what
// it is.

func surname(r *rand.Rand) string {
	first := []string{"Tester", "Exampl", "Demo", "Sampl", "Mock", "Invent", "Fict", "Pretend", "Imagin", "Trial", "Pattern", "Specim", "Placehold", "Figment", "Madeup", "Notreal"}
	last := []string{"by", "eton", "son", "ford", "well", "worth", "ham", "ley", "wick", "field", "man", "stead", "thorpe", "bury", "combe"}
	return first[r.IntN(len(first))] + last[r.IntN(len(last))]
}

func forename(r *rand.Rand, sex string) string {
	girls := []string{"Ada", "Alice", "Amara", "Amelia", "Anya", "Bella", "Beth", "Carys", "Clara", "Daisy", "Edith", "Eliza", "Emily", "Erin", "Eva", "Fatima", "Florence", "Freya", "Grace", "Hana", "Hannah", "Harriet", "Imogen", "Iris", "Isla", "Ivy", "Jasmine", "Keira", "Lara", "Layla", "Lily", "Lucy", "Maisie", "Martha", "Matilda", "Maya", "Mila", "Nadia", "Nora", "Olive", "Orla", "Phoebe", "Poppy", "Priya", "Rosa", "Ruby", "Sadie", "Sara", "Sofia", "Tess", "Thea", "Violet", "Willow", "Zara", "Zofia"}
	boys := []string{"Adam", "Albert", "Alex", "Alfie", "Amir", "Archie", "Arthur", "Aryan", "Ben", "Caleb", "Callum", "Charlie", "Daniel", "David", "Dexter", "Dylan", "Edward", "Eli", "Ethan", "Felix", "Finn", "Frank", "Fred", "George", "Harry", "Hassan", "Henry", "Hugo", "Ibrahim", "Isaac", "Jack", "Jacob", "Jakub", "James", "Jude", "Kai", "Leo", "Liam", "Logan", "Louis", "Luca", "Mason", "Max", "Milo", "Nathan", "Noah", "Oliver", "Oscar", "Ravi", "Reuben", "Rory", "Sam", "Stanley", "Theo", "Toby", "Yusuf", "Zac"}
	if sex == "F" {
		return girls[r.IntN(len(girls))]
	}
	return boys[r.IntN(len(boys))]
}

// place is an invented name for a village, a street or a school.
func place(r *rand.Rand) string {
	first := []string{"Nether", "Upper", "Little", "Great", "North", "South", "Old", "New", "Long", "Far", "Mock", "Example"}
	last := []string{"fen", "mere", "brook", "holt", "marsh", "bridge", "leigh", "croft", "dale", "mead", "lode", "stow"}
	return first[r.IntN(len(first))] + last[r.IntN(len(last))]
}
